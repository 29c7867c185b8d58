"""What pages of docs/ say from the code: one module per kind of page, the words of their tables in words/*.json."""
