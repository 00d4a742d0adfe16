"""tf.errors: what TF1's operations raise, and the codes."""

from torchscope.ops.errors import ABORTED as ABORTED
from torchscope.ops.errors import ALREADY_EXISTS as ALREADY_EXISTS
from torchscope.ops.errors import CANCELLED as CANCELLED
from torchscope.ops.errors import DATA_LOSS as DATA_LOSS
from torchscope.ops.errors import DEADLINE_EXCEEDED as DEADLINE_EXCEEDED
from torchscope.ops.errors import FAILED_PRECONDITION as FAILED_PRECONDITION
from torchscope.ops.errors import INTERNAL as INTERNAL
from torchscope.ops.errors import INVALID_ARGUMENT as INVALID_ARGUMENT
from torchscope.ops.errors import NOT_FOUND as NOT_FOUND
from torchscope.ops.errors import OK as OK
from torchscope.ops.errors import OUT_OF_RANGE as OUT_OF_RANGE
from torchscope.ops.errors import PERMISSION_DENIED as PERMISSION_DENIED
from torchscope.ops.errors import RESOURCE_EXHAUSTED as RESOURCE_EXHAUSTED
from torchscope.ops.errors import UNAUTHENTICATED as UNAUTHENTICATED
from torchscope.ops.errors import UNAVAILABLE as UNAVAILABLE
from torchscope.ops.errors import UNIMPLEMENTED as UNIMPLEMENTED
from torchscope.ops.errors import UNKNOWN as UNKNOWN
from torchscope.ops.errors import AbortedError as AbortedError
from torchscope.ops.errors import AlreadyExistsError as AlreadyExistsError
from torchscope.ops.errors import CancelledError as CancelledError
from torchscope.ops.errors import DataLossError as DataLossError
from torchscope.ops.errors import DeadlineExceededError as DeadlineExceededError
from torchscope.ops.errors import FailedPreconditionError as FailedPreconditionError
from torchscope.ops.errors import InternalError as InternalError
from torchscope.ops.errors import InvalidArgumentError as InvalidArgumentError
from torchscope.ops.errors import NotFoundError as NotFoundError
from torchscope.ops.errors import OpError as OpError
from torchscope.ops.errors import OutOfRangeError as OutOfRangeError
from torchscope.ops.errors import PermissionDeniedError as PermissionDeniedError
from torchscope.ops.errors import ResourceExhaustedError as ResourceExhaustedError
from torchscope.ops.errors import UnauthenticatedError as UnauthenticatedError
from torchscope.ops.errors import UnavailableError as UnavailableError
from torchscope.ops.errors import UnimplementedError as UnimplementedError
from torchscope.ops.errors import UnknownError as UnknownError
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
