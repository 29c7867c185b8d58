"""Values of the model as tables and trees; each view is a pure function of a value and a language."""
