"""The protocol buffer messages in TensorFlow's files, of which only the numbers of fields are fixed.

They are described here and nowhere else, in a pool of their own: TensorFlow may be imported in the
same process and describe its own under its names.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

_PACKAGE = "torchscope"

# A field is "number name type". "*" before the type: repeated. "?": it is known whether it was set.
_MESSAGES = {
    "Dim": ("1 size int64", "2 name string"),
    "TensorShape": ("2 dim *Dim", "3 unknown_rank bool"),
    "Extent": ("1 start int64", "2 length ?int64"),
    "TensorSlice": ("1 extent *Extent",),
    "Versions": ("1 producer int32", "2 min_consumer int32", "3 bad_consumers *int32"),
    # V2, the tensor bundle.
    "BundleHeader": ("1 num_shards int32", "2 endianness int32", "3 version Versions"),
    "BundleEntry": (
        "1 dtype int32",
        "2 shape TensorShape",
        "3 shard_id int32",
        "4 offset int64",
        "5 size int64",
        "6 crc32c ?fixed32",
        "7 slices *TensorSlice",
    ),
    # V1, tensor slices in a table.
    "SavedSliceMeta": (
        "1 name string",
        "2 shape TensorShape",
        "3 type int32",
        "4 slice *TensorSlice",
    ),
    # Its tensors are of SavedSliceMeta: bytes, because most of them are alike but for the name.
    "SavedTensorSliceMeta": ("1 tensor *bytes", "2 versions Versions"),
    "SavedSlice": ("1 name string", "2 slice TensorSlice", "3 data TensorProto"),
    "SavedTensorSlices": ("1 meta SavedTensorSliceMeta", "2 data SavedSlice"),
    "TensorProto": (
        "1 dtype int32",
        "2 tensor_shape TensorShape",
        "3 version_number int32",
        "4 tensor_content bytes",
        "5 float_val *float",
        "6 double_val *double",
        "7 int_val *int32",
        "8 string_val *bytes",
        "9 scomplex_val *float",
        "10 int64_val *int64",
        "11 bool_val *bool",
        "12 dcomplex_val *double",
        "13 half_val *int32",
        "16 uint32_val *uint32",
        "17 uint64_val *uint64",
        "18 float8_val bytes",
    ),
    # A graph. Maps are entries of a key and a value, and of an attribute one field is set.
    "AttrList": (
        "2 s *bytes",
        "3 i *int64",
        "4 f *float",
        "5 b *bool",
        "6 type *int32",
        "7 shape *TensorShape",
        "8 tensor *TensorProto",
        "9 func *Function",
    ),
    "AttrValue": (
        "1 list AttrList",
        "2 s ?bytes",
        "3 i ?int64",
        "4 f ?float",
        "5 b ?bool",
        "6 type ?int32",
        "7 shape TensorShape",
        "8 tensor TensorProto",
        "9 placeholder ?string",
        "10 func Function",
    ),
    "Attr": ("1 key string", "2 value AttrValue"),
    "Function": ("1 name string", "2 attr *Attr"),
    "NodeDef": (
        "1 name string",
        "2 op string",
        "3 input *string",
        "4 device string",
        "5 attr *Attr",
    ),
    # What is called by graphs: its signature, its nodes, and which of their outputs it gives.
    "Argument": (
        "1 name string",
        "3 type int32",
        "4 type_attr string",
        "5 number_attr string",
        "6 type_list_attr string",
    ),
    "Signature": (
        "1 name string",
        "2 input_arg *Argument",
        "3 output_arg *Argument",
        "20 control_output *string",
    ),
    "Text": ("1 key string", "2 value string"),
    "FunctionDef": (
        "1 signature Signature",
        "3 node_def *NodeDef",
        "4 ret *Text",
        "5 attr *Attr",
        "6 control_ret *Text",
    ),
    "FunctionDefLibrary": ("1 function *FunctionDef",),
    "GraphDef": ("1 node *NodeDef", "2 library FunctionDefLibrary", "4 versions Versions"),
    # A graph with what it is for: its collections, its signatures, how it is saved.
    "NodeList": ("1 value *string",),
    "BytesList": ("1 value *bytes",),
    "Collection": ("1 node_list NodeList", "2 bytes_list BytesList"),
    "CollectionEntry": ("1 key string", "2 value Collection"),
    "TensorInfo": ("1 name string", "2 dtype int32", "3 tensor_shape TensorShape"),
    "TensorInfoEntry": ("1 key string", "2 value TensorInfo"),
    "SignatureDef": (
        "1 inputs *TensorInfoEntry",
        "2 outputs *TensorInfoEntry",
        "3 method_name string",
    ),
    "SignatureEntry": ("1 key string", "2 value SignatureDef"),
    "MetaInfo": ("4 tags *string", "5 tensorflow_version string"),
    "SaverDef": ("1 filename_tensor_name string", "3 restore_op_name string"),
    # What TF2 saves of its objects: of interest are variables.
    "SavedVariable": ("1 dtype int32", "3 trainable bool", "6 name string"),
    "SavedObject": ("7 variable SavedVariable",),
    "SavedObjectGraph": ("1 nodes *SavedObject",),
    # Its graph, field 2, is walked and not parsed.
    "MetaGraphDef": (
        "1 meta_info_def MetaInfo",
        "3 saver_def SaverDef",
        "4 collection_def *CollectionEntry",
        "5 signature_def *SignatureEntry",
        "7 object_graph_def SavedObjectGraph",
    ),
    "SliceInfo": (
        "1 full_name string",
        "2 full_shape *int64",
        "3 var_offset *int64",
        "4 var_shape *int64",
    ),
    "VariableDef": (
        "1 variable_name string",
        "2 initializer_name string",
        "3 snapshot_name string",
        "4 save_slice_info_def SliceInfo",
        "5 is_resource bool",
        "6 initial_value_name string",
        "7 trainable bool",
    ),
    # The file "checkpoint", as text.
    "CheckpointState": (
        "1 model_checkpoint_path string",
        "2 all_model_checkpoint_paths *string",
        "3 all_model_checkpoint_timestamps *double",
        "4 last_preserved_timestamp ?double",
    ),
}


def _describe() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="torchscope.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field_name, type_ in (field.split() for field in fields):
            field = message.field.add(
                name=field_name,
                number=int(number),
                label=FieldDescriptorProto.LABEL_OPTIONAL,
            )
            if type_.startswith("*"):
                field.label = FieldDescriptorProto.LABEL_REPEATED
            if type_.startswith("?"):
                field.proto3_optional = True
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field_name}")
            plain = type_.lstrip("*?")
            if plain in _MESSAGES:
                field.type = FieldDescriptorProto.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{plain}"
            else:
                field.type = getattr(FieldDescriptorProto, f"TYPE_{plain.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


_classes = _describe()

TensorShape: Any = _classes["TensorShape"]
TensorSlice: Any = _classes["TensorSlice"]
Versions: Any = _classes["Versions"]
BundleHeader: Any = _classes["BundleHeader"]
BundleEntry: Any = _classes["BundleEntry"]
SavedSliceMeta: Any = _classes["SavedSliceMeta"]
SavedTensorSlices: Any = _classes["SavedTensorSlices"]
TensorProto: Any = _classes["TensorProto"]
NodeDef: Any = _classes["NodeDef"]
FunctionDef: Any = _classes["FunctionDef"]
GraphDef: Any = _classes["GraphDef"]
MetaGraphDef: Any = _classes["MetaGraphDef"]
VariableDef: Any = _classes["VariableDef"]
CheckpointState: Any = _classes["CheckpointState"]
