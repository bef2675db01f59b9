"""Every convolutional classifier of torchvision beside the spec of the same name: ``make parity``."""
