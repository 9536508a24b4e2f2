"""Public: contract suites for every port, fakes, a tiny city."""
