"""Groups over seeds, paired tests, ranks and robustness."""
