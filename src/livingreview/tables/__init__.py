"""Studies and results as tables: DataFrames of text and of rows to draw, ready to show."""
