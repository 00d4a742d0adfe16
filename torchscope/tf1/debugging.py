"""tf.debugging: assertions."""

from torchscope.ops.asserting import Assert as Assert
from torchscope.ops.asserting import assert_equal as assert_equal
from torchscope.ops.asserting import assert_greater as assert_greater
from torchscope.ops.asserting import assert_greater_equal as assert_greater_equal
from torchscope.ops.asserting import assert_integer as assert_integer
from torchscope.ops.asserting import assert_less as assert_less
from torchscope.ops.asserting import assert_less_equal as assert_less_equal
from torchscope.ops.asserting import assert_near as assert_near
from torchscope.ops.asserting import assert_negative as assert_negative
from torchscope.ops.asserting import assert_non_negative as assert_non_negative
from torchscope.ops.asserting import assert_non_positive as assert_non_positive
from torchscope.ops.asserting import assert_none_equal as assert_none_equal
from torchscope.ops.asserting import assert_positive as assert_positive
from torchscope.ops.asserting import assert_proper_iterable as assert_proper_iterable
from torchscope.ops.asserting import assert_rank as assert_rank
from torchscope.ops.asserting import assert_rank_at_least as assert_rank_at_least
from torchscope.ops.asserting import assert_rank_in as assert_rank_in
from torchscope.ops.asserting import assert_scalar as assert_scalar
from torchscope.ops.asserting import assert_type as assert_type
from torchscope.ops.asserting import check_numerics as check_numerics
from torchscope.ops.asserting import verify_tensor_all_finite as assert_all_finite
