"""A member or two of each family of networks, and a height and width at which each of its layers has something to do.

The other members have more of the same layers: ``make parity`` and ``make exports`` take whichever they are told to.
"""

MEMBERS: dict[str, int | None] = {  # None: the spec's own size
    "alexnet": 95,
    "autoencoder": None,
    "convnext_tiny": 64,
    "dcgan": None,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "efficientnet_v2_s": 33,
    "googlenet": 64,
    "inception_v3": None,  # its aux head takes nothing smaller
    "lenet5": None,
    "mnasnet0_5": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_large": 64,
    "mobilenet_v3_small": 64,
    "regnet_x_400mf": 64,
    "regnet_y_400mf": 64,
    "resnet18": 64,
    "resnet20": None,
    "resnet50": 64,
    "resnext50_32x4d": 64,
    "shufflenet_v2_x0_5": 64,
    "squeezenet1_0": 61,
    "squeezenet1_1": 61,
    "unet": 188,
    "vgg11_bn": 32,
    "vgg_a_lrn": 32,
    "wide_resnet50_2": 64,
    "mnist/googlenet_fixed": None,
}
