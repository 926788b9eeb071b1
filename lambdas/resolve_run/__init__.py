"""The first state: check the execution's input and fill in what it leaves out."""
