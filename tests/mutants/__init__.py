"""Defects put into the rules on purpose, each in a copy of the package: the tests have to find every one."""
