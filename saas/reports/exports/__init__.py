"""A report as a file: PDF, Excel, CSV, JSON, and a zip of a whole month. All of them show the values of one report."""
