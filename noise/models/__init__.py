"""The noise models, one for each choice of conf/noise."""
