"""What a change does to what people look at and get woken by: in words, figures and pictures.

The program is run at both ends of a change, and what it registers is compared by id.
"""
