"""Pulumi components: what a program declares."""
