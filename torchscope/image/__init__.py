"""Functions on images, (N, H, W, C) or (H, W, C), with TF1's names and numbers (tf.image)."""

from torchscope.image.adjusting import adjust_brightness as adjust_brightness
from torchscope.image.adjusting import adjust_contrast as adjust_contrast
from torchscope.image.adjusting import adjust_gamma as adjust_gamma
from torchscope.image.adjusting import adjust_hue as adjust_hue
from torchscope.image.adjusting import adjust_saturation as adjust_saturation
from torchscope.image.adjusting import random_brightness as random_brightness
from torchscope.image.adjusting import random_contrast as random_contrast
from torchscope.image.adjusting import random_flip_left_right as random_flip_left_right
from torchscope.image.adjusting import random_flip_up_down as random_flip_up_down
from torchscope.image.adjusting import random_hue as random_hue
from torchscope.image.adjusting import random_saturation as random_saturation
from torchscope.image.bounding_boxes import draw_bounding_boxes as draw_bounding_boxes
from torchscope.image.bounding_boxes import (
    sample_distorted_bounding_box as sample_distorted_bounding_box,
)
from torchscope.image.boxes import crop_and_resize as crop_and_resize
from torchscope.image.boxes import non_max_suppression as non_max_suppression
from torchscope.image.boxes import non_max_suppression_overlaps as non_max_suppression_overlaps
from torchscope.image.boxes import (
    non_max_suppression_with_scores as non_max_suppression_with_scores,
)
from torchscope.image.colors import grayscale_to_rgb as grayscale_to_rgb
from torchscope.image.colors import hsv_to_rgb as hsv_to_rgb
from torchscope.image.colors import rgb_to_grayscale as rgb_to_grayscale
from torchscope.image.colors import rgb_to_hsv as rgb_to_hsv
from torchscope.image.colors import rgb_to_yiq as rgb_to_yiq
from torchscope.image.colors import rgb_to_yuv as rgb_to_yuv
from torchscope.image.colors import yiq_to_rgb as yiq_to_rgb
from torchscope.image.colors import yuv_to_rgb as yuv_to_rgb
from torchscope.image.comparing import image_gradients as image_gradients
from torchscope.image.comparing import psnr as psnr
from torchscope.image.comparing import sobel_edges as sobel_edges
from torchscope.image.comparing import ssim as ssim
from torchscope.image.comparing import ssim_multiscale as ssim_multiscale
from torchscope.image.comparing import total_variation as total_variation
from torchscope.image.dtypes import convert_image_dtype as convert_image_dtype
from torchscope.image.geometry import central_crop as central_crop
from torchscope.image.geometry import crop_to_bounding_box as crop_to_bounding_box
from torchscope.image.geometry import flip_left_right as flip_left_right
from torchscope.image.geometry import flip_up_down as flip_up_down
from torchscope.image.geometry import pad_to_bounding_box as pad_to_bounding_box
from torchscope.image.geometry import resize_image_with_crop_or_pad as resize_image_with_crop_or_pad
from torchscope.image.geometry import resize_with_crop_or_pad as resize_with_crop_or_pad
from torchscope.image.geometry import rot90 as rot90
from torchscope.image.geometry import transpose as transpose
from torchscope.image.geometry import transpose_image as transpose_image
from torchscope.image.resizing import ResizeMethod as ResizeMethod
from torchscope.image.resizing import resize as resize
from torchscope.image.resizing import resize_area as resize_area
from torchscope.image.resizing import resize_bicubic as resize_bicubic
from torchscope.image.resizing import resize_bilinear as resize_bilinear
from torchscope.image.resizing import resize_image_with_pad as resize_image_with_pad
from torchscope.image.resizing import resize_images as resize_images
from torchscope.image.resizing import resize_nearest_neighbor as resize_nearest_neighbor
from torchscope.image.standardization import per_image_standardization as per_image_standardization
from torchscope.image.suppressing import (
    combined_non_max_suppression as combined_non_max_suppression,
)
from torchscope.image.suppressing import non_max_suppression_padded as non_max_suppression_padded
from torchscope.ops.drawing import random_crop as random_crop
from torchscope.ops.patches import extract_image_patches as extract_image_patches
from torchscope.ops.patches import extract_patches as extract_patches
