"""Our sum against the provider's bill: what differs, why, and what to do about it.

`bill` readers (`openai`, `anthropic`, `files`) and `ours` bring two sides to one shape (`records`);
`explain` takes the difference apart without asking anybody; `verdict` judges it, `report` shows it.
"""
