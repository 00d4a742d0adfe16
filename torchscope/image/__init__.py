"""Functions on images, (N, H, W, C) or (H, W, C), with TF1's names and numbers (tf.image)."""

from torchscope.image.geometry import central_crop as central_crop
from torchscope.image.geometry import crop_to_bounding_box as crop_to_bounding_box
from torchscope.image.geometry import flip_left_right as flip_left_right
from torchscope.image.geometry import flip_up_down as flip_up_down
from torchscope.image.geometry import pad_to_bounding_box as pad_to_bounding_box
from torchscope.image.geometry import resize_image_with_crop_or_pad as resize_image_with_crop_or_pad
from torchscope.image.geometry import resize_with_crop_or_pad as resize_with_crop_or_pad
from torchscope.image.patches import extract_image_patches as extract_image_patches
from torchscope.image.resizing import ResizeMethod as ResizeMethod
from torchscope.image.resizing import resize_area as resize_area
from torchscope.image.resizing import resize_bicubic as resize_bicubic
from torchscope.image.resizing import resize_bilinear as resize_bilinear
from torchscope.image.resizing import resize_images as resize_images
from torchscope.image.resizing import resize_nearest_neighbor as resize_nearest_neighbor
from torchscope.image.standardization import per_image_standardization as per_image_standardization
from torchscope.ops.drawing import random_crop as random_crop
from torchscope.ops.patches import extract_image_patches as extract_image_patches
from torchscope.ops.patches import extract_patches as extract_patches
