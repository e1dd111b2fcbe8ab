"""Drawing again: imputation and pooling, bootstrap, permutation."""
