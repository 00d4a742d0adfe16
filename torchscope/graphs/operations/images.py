"""Images that are resized, cropped, turned and recolored, and boxes in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope.graphs.operations.table import op

op("RGBToHSV")(tf.image.rgb_to_hsv)
op("HSVToRGB")(tf.image.hsv_to_rgb)
op("AdjustContrastv2")(tf.image.adjust_contrast)
op("AdjustHue")(tf.image.adjust_hue)
op("AdjustSaturation")(tf.image.adjust_saturation)
op("DrawBoundingBoxes")(tf.image.draw_bounding_boxes)


@op("AdjustContrast")
def _adjust_contrast(images: Any, contrast_factor: Any, min_value: Any, max_value: Any) -> Any:
    adjusted = tf.image.adjust_contrast(tf.cast(images, torch.float32), contrast_factor)
    return tf.minimum(tf.maximum(adjusted, min_value), max_value)


@op("DrawBoundingBoxesV2")
def _draw_bounding_boxes(images: Any, boxes: Any, colors: Any) -> Any:
    return tf.image.draw_bounding_boxes(images, boxes, colors=colors)


# Sizes


@op("ResizeArea")
def _resize_area(images: Any, size: Any, *, align_corners: bool = False) -> Any:
    return tf.image.resize_area(images, size, align_corners)


_RESIZED: dict[str, Callable[..., Tensor]] = {
    "ResizeBilinear": tf.image.resize_bilinear,
    "ResizeBicubic": tf.image.resize_bicubic,
    "ResizeNearestNeighbor": tf.image.resize_nearest_neighbor,
}


def _resize(method: Callable[..., Tensor]) -> Callable[..., Any]:
    def function(
        images: Any, size: Any, *, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> Any:
        return method(images, size, align_corners, half_pixel_centers=half_pixel_centers)

    return function


def _resize_grad(method: Callable[..., Tensor]) -> Callable[..., Any]:
    def function(
        grads: Any, original: Any, *, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> Any:
        """The gradient for images, by themselves or by their height and width."""
        whole = isinstance(original, Tensor) and original.ndim == 4
        sizes = original.shape[1:3] if whole else numbers_of(original, "size")
        # What each new row or column takes of each old one: so the unit matrix is resized.
        rows, columns = (
            method(
                torch.eye(old, device=grads.device).reshape(1, old, old, 1),
                [new, old],
                align_corners,
                half_pixel_centers=half_pixel_centers,
            )
            .reshape(new, old)
            .to(grads.dtype)
            for old, new in zip(sizes, grads.shape[1:3], strict=True)
        )
        found = _weighed(grads, rows.t(), columns.t())
        return found.to(original.dtype) if whole else found

    return function


for _type, _method in _RESIZED.items():
    op(_type)(_resize(_method))
    op(f"{_type}Grad")(_resize_grad(_method))


def _weighed(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Images whose new rows and columns are sums of old ones, by a matrix for each."""
    return torch.einsum("nhwc,yh,xw->nyxc", images, rows, columns)


def _lanczos(radius: float) -> Callable[[Tensor], Tensor]:
    def kernel(x: Tensor) -> Tensor:
        return torch.where(x > radius, 0, torch.sinc(x) * torch.sinc(x / radius))

    return kernel


def _cubic(*coefficients: tuple[float, ...]) -> Callable[[Tensor], Tensor]:
    """One cubic from 0 to 1, and one from 1 to 2."""

    def kernel(x: Tensor) -> Tensor:
        inner, outer = (((a * x + b) * x + c) * x + d for a, b, c, d in coefficients)
        return torch.where(x >= 2, 0, torch.where(x >= 1, outer, inner))

    return kernel


# How far each reaches, and what it weighs.
_KERNELS: dict[str, tuple[float, Callable[[Tensor], Tensor]]] = {
    "lanczos1": (1.0, _lanczos(1.0)),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, lambda x: torch.where(x >= 1.5, 0, torch.exp(-2 * x * x))),
    "box": (1.0, lambda x: torch.where(x < 0.5, 1.0, torch.where(x == 0.5, 0.5, 0.0))),
    "triangle": (1.0, lambda x: (1 - x).clamp(min=0)),
    "keyscubic": (2.0, _cubic((1.5, -2.5, 0, 1), (-0.5, 2.5, -4, 2))),
    "mitchellcubic": (
        2.0,
        _cubic((7 / 6, -2, 0, 8 / 9), (-7 / 18, 2, -10 / 3, 16 / 9)),
    ),
}


def _spans(
    old: int, new: int, scale: Any, translation: Any, kernel_type: str, *, antialias: bool
) -> Tensor:
    """What each new row takes of each old one."""
    radius, kernel = _KERNELS[kernel_type]
    inverse = 1 / scale
    widened = inverse.clamp(min=1) if antialias else torch.ones_like(inverse)
    places = (torch.arange(new, device=scale.device) + 0.5) * inverse - inverse * translation
    reach = radius * widened
    first = (places - reach - 0.5).ceil().clamp(0, old - 1)
    last = (places + reach - 0.5).floor().clamp(0, old - 1)
    numbers = torch.arange(old, device=scale.device)
    weights = kernel(((numbers + 0.5 - places[:, None]) / widened).abs())
    taken = (numbers >= first[:, None]) & (numbers <= last[:, None])
    weights = torch.where(taken, weights, 0)
    total = weights.sum(1, keepdim=True)
    outside = ((places < 0) | (places > old))[:, None] | (total.abs() < 1000 * _TINY)
    return torch.where(outside, 0, weights / torch.where(outside, 1, total))


_TINY = torch.finfo(torch.float32).tiny


def _both_spans(
    old: Any, new: Any, scale: Any, translation: Any, how: tuple[str, bool]
) -> list[Tensor]:
    return [
        _spans(*sizes, scale[axis], translation[axis], how[0], antialias=how[1])
        for axis, sizes in enumerate(zip(old, new, strict=True))
    ]


@op("ScaleAndTranslate")
def _scale_and_translate(
    images: Any,
    size: Any,
    scale: Any,
    translation: Any,
    *,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Any:
    given = as_tensor(images).float()
    new = numbers_of(size, "size")
    how = (kernel_type, antialias)
    return _weighed(given, *_both_spans(given.shape[1:3], new, scale, translation, how))


@op("ScaleAndTranslateGrad")
def _scale_and_translate_grad(
    grads: Any,
    original_image: Any,
    scale: Any,
    translation: Any,
    *,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Any:
    old, new = original_image.shape[1:3], grads.shape[1:3]
    spans = _both_spans(old, new, scale, translation, (kernel_type, antialias))
    return _weighed(grads, *(each.t() for each in spans))


# Boxes


@op("CropAndResize")
def _crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any,
    crop_size: Any,
    *,
    method: str = "bilinear",
    extrapolation_value: float = 0,
) -> Any:
    return tf.image.crop_and_resize(image, boxes, box_ind, crop_size, method, extrapolation_value)


def _along(first: Tensor, last: Tensor, count: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where the pixels of boxes are along an axis, whether inside, and how far from first to last."""
    if count > 1:
        shares = torch.arange(count, device=first.device, dtype=first.dtype) / (count - 1)
        steps = (last - first) * (size - 1) / (count - 1)
        numbers = torch.arange(count, device=first.device, dtype=first.dtype)
        places = first[:, None] * (size - 1) + numbers * steps[:, None]
    else:
        shares = first.new_full((1,), 0.5)
        places = (0.5 * (first + last) * (size - 1))[:, None]
    return places, (places >= 0) & (places <= size - 1), shares


@op("CropAndResizeGradImage")
def _crop_and_resize_grad_image(
    grads: Any,
    boxes: Any,
    box_ind: Any,
    image_size: Any,
    *,
    T: Any,  # noqa: N803
    method: str = "bilinear",
) -> Any:
    count, height, width, depth = numbers_of(image_size, "image_size")
    y, rows_inside, _ = _along(boxes[:, 0], boxes[:, 2], grads.shape[1], height)
    x, columns_inside, _ = _along(boxes[:, 1], boxes[:, 3], grads.shape[2], width)
    inside = rows_inside[:, :, None] & columns_inside[:, None, :]
    slopes = torch.where(inside[..., None], grads, 0)
    which = as_tensor(box_ind, grads).long()[:, None, None] * height
    made = grads.new_zeros(count * height * width, depth)
    for row, of_row in _corners(torch.where(rows_inside, y, 0), method):
        for column, of_column in _corners(torch.where(columns_inside, x, 0), method):
            places = (which + row[:, :, None]) * width + column[:, None, :]
            shares = slopes * (of_row[:, :, None] * of_column[:, None, :])[..., None]
            made = made.index_add(0, places.reshape(-1), shares.reshape(-1, depth))
    return made.reshape(count, height, width, depth).to(T)


def _corners(places: Tensor, method: str) -> list[tuple[Tensor, Tensor]]:
    """The pixels beside places along an axis, and how much each counts."""
    if method == "nearest":
        return [((places + 0.5).floor().long(), torch.ones_like(places))]
    low = places.floor()
    above = places - low
    return [(low.long(), 1 - above), (places.ceil().long(), above)]


@op("CropAndResizeGradBoxes")
def _crop_and_resize_grad_boxes(
    grads: Any, image: Any, boxes: Any, box_ind: Any, *, method: str = "bilinear"
) -> Any:
    height, width = image.shape[1:3]
    y, rows_inside, down = _along(boxes[:, 0], boxes[:, 2], grads.shape[1], height)
    x, columns_inside, right = _along(boxes[:, 1], boxes[:, 3], grads.shape[2], width)
    inside = rows_inside[:, :, None] & columns_inside[:, None, :]
    which = as_tensor(box_ind, grads).long()[:, None, None]
    (top, _), (bottom, below) = _corners(torch.where(rows_inside, y, 0)[:, :, None], "bilinear")
    (left, _), (after, beside) = _corners(torch.where(columns_inside, x, 0)[:, None, :], "bilinear")
    pixels = as_tensor(image).float()
    one, two = pixels[which, top, left], pixels[which, top, after]
    three, four = pixels[which, bottom, left], pixels[which, bottom, after]
    below, beside = below[..., None], beside[..., None]
    by_y = torch.lerp(three - one, four - two, beside)
    by_x = torch.lerp(two - one, four - three, below)
    slope_y, slope_x = (
        torch.where(inside, (grads * each).sum(-1), 0) * (size - 1)
        for each, size in ((by_y, height), (by_x, width))
    )
    slope_y, slope_x = slope_y.sum(2), slope_x.sum(1)
    sides = [slope_y * (1 - down), slope_x * (1 - right), slope_y * down, slope_x * right]
    return torch.stack([each.sum(1) for each in sides], 1)


@op("NonMaxSuppression")
def _suppressed(
    boxes: Any, scores: Any, max_output_size: Any, *, iou_threshold: float = 0.5
) -> Any:
    return tf.image.non_max_suppression(boxes, scores, max_output_size, iou_threshold)


@op("NonMaxSuppressionV2")
def _suppressed_v2(boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any) -> Any:
    return tf.image.non_max_suppression(boxes, scores, max_output_size, iou_threshold)


@op("NonMaxSuppressionV3")
def _suppressed_v3(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any, score_threshold: Any
) -> Any:
    return tf.image.non_max_suppression(
        boxes, scores, max_output_size, iou_threshold, score_threshold
    )


@op("NonMaxSuppressionV4", outputs=("selected_indices", "valid_outputs"))
def _suppressed_v4(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_to_max_output_size: bool = False,
) -> Any:
    return tf.image.non_max_suppression_padded(
        boxes, scores, max_output_size, iou_threshold, score_threshold, pad_to_max_output_size
    )


@op("NonMaxSuppressionV5", outputs=("selected_indices", "selected_scores", "valid_outputs"))
def _suppressed_v5(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    soft_nms_sigma: Any,
    *,
    pad_to_max_output_size: bool = False,
) -> Any:
    limit = numbers_of(max_output_size, "max_output_size")
    chosen, rated = tf.image.non_max_suppression_with_scores(
        boxes, scores, limit, iou_threshold, score_threshold, soft_nms_sigma
    )
    count = torch.tensor(len(chosen), dtype=torch.int32, device=chosen.device)
    if pad_to_max_output_size:
        rest = limit - len(chosen)
        chosen, rated = (torch.cat([each, each.new_zeros(rest)]) for each in (chosen, rated))
    return chosen, rated, count


@op("NonMaxSuppressionWithOverlaps")
def _suppressed_by_overlaps(
    overlaps: Any, scores: Any, max_output_size: Any, overlap_threshold: Any, score_threshold: Any
) -> Any:
    return tf.image.non_max_suppression_overlaps(
        overlaps, scores, max_output_size, overlap_threshold, score_threshold
    )


@op(
    "CombinedNonMaxSuppression",
    outputs=("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"),
)
def _combined(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
) -> Any:
    return tf.image.combined_non_max_suppression(
        boxes,
        scores,
        max_output_size_per_class,
        max_total_size,
        iou_threshold,
        score_threshold,
        pad_per_class,
        clip_boxes,
    )


_BOX = ("begin", "size", "bboxes")


@op("SampleDistortedBoundingBoxV2", outputs=_BOX, stateful=True)
def _sample_box_v2(
    image_size: Any,
    bounding_boxes: Any,
    min_object_covered: Any,
    *,
    aspect_ratio_range: list[float] = [0.75, 1.3300000429153442],  # noqa: B006
    area_range: list[float] = [0.05000000074505806, 1.0],  # noqa: B006
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> Any:
    """A part that is drawn at random, other than TensorFlow's of the same seed."""
    return tf.image.sample_distorted_bounding_box(
        image_size,
        bounding_boxes,
        min_object_covered=float(min_object_covered),
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )


@op("SampleDistortedBoundingBox", outputs=_BOX, stateful=True)
def _sample_box(
    image_size: Any,
    bounding_boxes: Any,
    *,
    min_object_covered: float = 0.10000000149011612,
    aspect_ratio_range: list[float] = [0.75, 1.3300000429153442],  # noqa: B006
    area_range: list[float] = [0.05000000074505806, 1.0],  # noqa: B006
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> Any:
    """The same."""
    return _sample_box_v2(
        image_size,
        bounding_boxes,
        min_object_covered,
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )


@op("StatelessSampleDistortedBoundingBox", outputs=_BOX)
def _sample_box_by_seed(
    image_size: Any,
    bounding_boxes: Any,
    min_object_covered: Any,
    seed: Any,
    *,
    aspect_ratio_range: list[float] = [0.75, 1.3300000429153442],  # noqa: B006
    area_range: list[float] = [0.05000000074505806, 1.0],  # noqa: B006
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> Any:
    """The same part each time, though not TensorFlow's."""
    first, second = numbers_of(seed, "seed")
    return tf.image.sample_distorted_bounding_box(
        image_size,
        bounding_boxes,
        seed=(first * 1_000_003 + second) % 2**63,
        min_object_covered=float(min_object_covered),
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )


@op("RandomCrop", stateful=True)
def _random_crop(image: Any, size: Any) -> Any:
    """A part of an image, drawn at random."""
    given = as_tensor(image)
    return tf.random_crop(given, [*numbers_of(size, "size"), given.shape[2]])


# Patches


@op("ExtractImagePatches")
def _extract_image_patches(
    images: Any, *, ksizes: list[int], strides: list[int], rates: list[int], padding: str
) -> Any:
    return tf.extract_image_patches(images, ksizes, strides, rates, padding)


@op("ExtractVolumePatches")
def _extract_volume_patches(
    input: Any, *, ksizes: list[int], strides: list[int], padding: str
) -> Any:
    return tf.extract_volume_patches(input, ksizes, strides, padding)


@op("ExtractGlimpse")
def _extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    *,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    noise: str = "uniform",
) -> Any:
    """A part of each image; what is drawn at random beyond its border is other than TensorFlow's."""
    extent = offsets.new_tensor(input.shape[1:3])
    sizes = numbers_of(size, "size")
    window = offsets.new_tensor(sizes)
    places = offsets * extent if normalized else offsets
    if centered:
        places = places / 2 + extent / 2
    return _glimpse(input, sizes, places - window / 2, noise, uniform=uniform_noise)


@op("ExtractGlimpseV2")
def _extract_glimpse_v2(
    input: Any,
    size: Any,
    offsets: Any,
    *,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    noise: str = "uniform",
) -> Any:
    """The same."""
    extent = offsets.new_tensor(input.shape[1:3])
    sizes = numbers_of(size, "size")
    window = offsets.new_tensor(sizes)
    places = offsets * extent if normalized else offsets
    if centered:
        places = places / 2 + extent / 2 - window / 2 if normalized else places + extent / 2
    return _glimpse(input, sizes, places, noise, uniform=uniform_noise)


def _glimpse(
    images: Tensor, window: list[int], starts: Tensor, noise: str, *, uniform: bool
) -> Tensor:
    """A window of each image."""
    first = starts.trunc().long()
    places, inside = [], []
    for axis, size in enumerate(window):
        place = first[:, axis, None] + torch.arange(size, device=images.device)
        length = images.shape[axis + 1]
        inside.append((place >= 0) & (place < length))
        places.append(place.clamp(0, length - 1))
    batch = torch.arange(len(images), device=images.device)[:, None, None]
    found = images[batch, places[0][:, :, None], places[1][:, None, :]]
    seen = (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
    if noise == "zero":
        return torch.where(seen, found, 0)
    if noise == "uniform" or (not noise and uniform):
        least, most = images.amin((1, 2, 3), True), images.amax((1, 2, 3), True)
        return torch.where(seen, found, least + (most - least) * torch.rand_like(found))
    mean, deviation = images.mean((1, 2), True), images.std((1, 2), correction=0, keepdim=True)
    return torch.where(seen, found, mean + deviation * torch.randn_like(found))


# Projections


@op("ImageProjectiveTransformV3")
def _project_v3(
    images: Any,
    transforms: Any,
    output_shape: Any,
    fill_value: Any,
    *,
    interpolation: str,
    fill_mode: str = "CONSTANT",
) -> Any:
    given = as_tensor(images)
    size = numbers_of(output_shape, "output_shape")
    beyond = as_tensor(fill_value).to(given.dtype)
    found: Tensor = _Projected.apply(  # type: ignore[no-untyped-call]
        given, transforms.detach(), size, beyond.detach(), interpolation, fill_mode
    )
    return found


class _Projected(torch.autograd.Function):
    """Projected images. Their gradient is TensorFlow's: what is projected back, not the adjoint."""

    @staticmethod
    def forward(
        ctx: Any,
        images: Tensor,
        transforms: Tensor,
        size: list[int],
        beyond: Tensor,
        interpolation: str,
        mode: str,
    ) -> Tensor:
        ctx.save_for_backward(transforms)
        ctx.size, ctx.how = list(images.shape[1:3]), (interpolation, mode)
        return _projected(images, transforms, size, beyond, interpolation, mode)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Any:
        (transforms,) = ctx.saved_tensors
        slope = slopes[0]
        matrices = torch.cat([transforms, transforms.new_ones(len(transforms), 1)], 1)
        back = matrices.reshape(-1, 3, 3).inverse().reshape(-1, 9)
        back = back[:, :8] / back[:, 8:]
        found = _projected(slope, back, ctx.size, slope.new_zeros(()), *ctx.how)
        return found, None, None, None, None, None


def _projected(
    given: Tensor,
    transforms: Tensor,
    size: list[int],
    beyond: Tensor,
    interpolation: str,
    fill_mode: str,
) -> Tensor:
    height, width = size
    a0, a1, a2, b0, b1, b2, c0, c1 = transforms[:, :, None, None].unbind(1)
    y = torch.arange(height, dtype=torch.float32, device=given.device)[:, None]
    x = torch.arange(width, dtype=torch.float32, device=given.device)
    depth = c0 * x + c1 * y + 1
    nowhere = depth == 0
    depth = torch.where(nowhere, 1, depth)
    sizes = given.shape[1:3]
    column = _mapped((a0 * x + a1 * y + a2) / depth, sizes[1], fill_mode)
    row = _mapped((b0 * x + b1 * y + b2) / depth, sizes[0], fill_mode)
    batch = torch.arange(len(given), device=given.device)[:, None, None]

    def read(row: Tensor, column: Tensor) -> Tensor:
        inside = (row >= 0) & (row < sizes[0]) & (column >= 0) & (column < sizes[1])
        y, x = row.clamp(0, sizes[0] - 1).long(), column.clamp(0, sizes[1] - 1).long()
        return torch.where(inside[..., None], given[batch, y, x], beyond)

    if interpolation == "NEAREST":
        # Half is rounded away from 0.
        found = read(*(each.sign() * (each.abs() + 0.5).floor() for each in (row, column)))
    else:
        top, left = row.floor(), column.floor()
        down, right = (row - top)[..., None], (column - left)[..., None]
        above, below = (
            (1 - right) * read(line, left) + right * read(line, left + 1) for line in (top, top + 1)
        )
        found = ((1 - down) * above + down * below).to(given.dtype)
    return torch.where(nowhere[..., None], beyond, found)


@op("ImageProjectiveTransformV2")
def _project(
    images: Any,
    transforms: Any,
    output_shape: Any,
    *,
    interpolation: str,
    fill_mode: str = "CONSTANT",
) -> Any:
    zero = transforms.new_zeros(())
    how = {"interpolation": interpolation, "fill_mode": fill_mode}
    return _project_v3(images, transforms, output_shape, zero, **how)


def _mapped(places: Tensor, size: int, mode: str) -> Tensor:
    """Places along an axis, where those beyond its ends stand for others."""
    if mode == "CONSTANT":
        return places
    if mode == "REFLECT":
        # abcd is dcba|abcd|dcba.
        turned = 2 * size
        low = torch.where(places < -turned, places + turned * (-places / turned).trunc(), places)
        low = torch.where(low < -size, low + turned, -low - 1)
        high = places - turned * (places / turned).trunc()
        high = torch.where(high >= size, turned - high - 1, high)
    else:
        # abcd is abcd|abcd|abcd.
        last = max(size - 1, 1)
        low = places + size * ((-places / last).trunc() + 1)
        high = places - size * (places / last).trunc()
    if mode in {"REFLECT", "WRAP"}:
        beyond = torch.where(places < 0, low, torch.where(places > size - 1, high, places))
        places = beyond if size > 1 else torch.zeros_like(places)
    return places.clamp(0, size - 1)
