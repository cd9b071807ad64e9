"""The price table: dated rates, exact cost of a call, and what is compiled from them."""
