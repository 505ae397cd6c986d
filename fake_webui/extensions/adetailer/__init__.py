"""ADetailer 25.3.0: units that find faces or hands and generate them anew."""
