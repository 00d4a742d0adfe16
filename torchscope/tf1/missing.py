"""What TF1 has and torchscope has not: what to write in its place."""

from __future__ import annotations

import difflib
import sys

# What is written instead, and the symbols that it is written instead of. A name stands for all under it.
_GROUPS: dict[str, str] = {
    "A torch.utils.data.DataLoader gives batches, also from several processes; tensors that fit into "
    "memory are sliced.": """
        data train.batch train.batch_join train.input_producer train.limit_epochs
        train.match_filenames_once train.maybe_batch train.maybe_batch_join train.maybe_shuffle_batch
        train.maybe_shuffle_batch_join train.range_input_producer train.shuffle_batch
        train.shuffle_batch_join train.slice_input_producer train.string_input_producer
        contrib.data contrib.slim.dataset_data_provider
    """,
    "A torch.utils.data.DataLoader fetches batches in the background: there are no queues, and no threads "
    "to start and to join.": """
        FIFOQueue PaddingFIFOQueue PriorityQueue QueueBase RandomShuffleQueue queue
        ConditionalAccumulator ConditionalAccumulatorBase SparseConditionalAccumulator
        train.Coordinator train.LooperThread train.QueueRunner train.add_queue_runner
        train.queue_runner train.start_queue_runners contrib.slim.queues
    """,
    "TFRecord files and their Examples are not read here. Read them once with TensorFlow, and keep arrays "
    "(numpy.savez, torch.save) for a torch.utils.data.Dataset.": """
        FixedLenFeature FixedLenSequenceFeature SparseFeature VarLenFeature TFRecordReader
        FixedLengthRecordReader IdentityReader LMDBReader ReaderBase TextLineReader WholeFileReader
        parse_example parse_single_example parse_single_sequence_example parse_tensor python_io
        decode_json_example decode_compressed serialize_tensor deserialize_many_sparse
        serialize_many_sparse serialize_sparse
        train.BytesList train.Example train.Feature train.FeatureList train.FeatureLists
        train.Features train.FloatList train.Int64List train.SequenceExample
        io.FixedLenFeature io.FixedLenSequenceFeature io.VarLenFeature io.SparseFeature
        io.TFRecordWriter io.TFRecordOptions io.TFRecordCompressionType io.tf_record_iterator
        io.parse_example io.parse_single_example io.parse_tensor io.serialize_tensor
        io.parse_single_sequence_example io.parse_sequence_example io.decode_json_example
        io.decode_compressed contrib.slim.tfexample_decoder contrib.slim.dataset
    """,
    "A torch.Tensor has no texts. Work on Python's strings, in the loader of the data.": """
        as_string decode_base64 encode_base64 decode_csv reduce_join regex_replace string_join
        string_split string_strip string_to_hash_bucket string_to_hash_bucket_fast
        string_to_hash_bucket_strong string_to_number strings substr fingerprint
        io.decode_csv io.decode_base64 io.encode_base64
    """,
    "numpy.frombuffer reads numbers from bytes.": "decode_raw io.decode_raw",
    "Python reads and writes files: `with tf.gfile.GFile(name, 'rb') as file: file.read()`.": """
        read_file write_file matching_files io.read_file io.write_file io.matching_files
    """,
    "A Python dict looks things up, in the loader of the data; torch.searchsorted and indexing do it for "
    "tensors.": "lookup initialize_all_tables tables_initializer contrib.lookup contrib.text",
    "An estimator's loop is written out: net = ts.ScopedModule(model_fn), then for each batch "
    "spec = net(features, labels, mode, params) and spec.train_op.run(); tf.train.Saver for checkpoints.": """
        estimator.BaselineClassifier estimator.BestExporter estimator.DNNClassifier estimator.Estimator
        estimator.EvalSpec estimator.FinalExporter estimator.LatestExporter
        estimator.RunConfig estimator.TrainSpec estimator.WarmStartSettings
        estimator.experimental estimator.inputs estimator.tpu
        estimator.train_and_evaluate estimator.util contrib.estimator contrib.learn
        contrib.tpu.TPUEstimator contrib.tpu.RunConfig tpu contrib.cluster_resolver
    """,
    "torch_xla runs PyTorch on TPUs; elsewhere leave it out.": """
        contrib.tpu.CrossShardOptimizer contrib.tpu.InputPipelineConfig contrib.tpu.TPUConfig
        contrib.tpu.bfloat16_scope contrib.tpu.initialize_system contrib.tpu.shutdown_system
        contrib.tpu.rewrite contrib.tpu.cross_replica_sum contrib.tpu.repeat contrib.tpu.shard
    """,
    "torch.export writes a net with its operations, for a server.": """
        estimator.export.ServingInputReceiver estimator.export.TensorServingInputReceiver
        estimator.export.build_parsing_serving_input_receiver_fn
        estimator.export.build_raw_serving_input_receiver_fn
    """,
    "The loop is written out: for each batch `loss = net(x, y).run()`, where the model function returns what "
    "create_train_op gives; tf.train.Saver for checkpoints.": """
        contrib.slim.learning.train contrib.slim.learning.train_step contrib.training.train
        train.basic_train_loop contrib.slim.train
    """,
    "The loop is written out: `for path in tf.train.checkpoints_iterator(folder): restore(net, path)`, and each "
    "measure's update is run for each batch.": """
        contrib.slim.evaluation contrib.training.evaluate_once contrib.training.evaluate_repeatedly
        contrib.training.StopAfterNEvalsHook contrib.training.SummaryAtEndHook
    """,
    "net.global_step.item() is the number, where net is a ts.ScopedModule; in a model function "
    "tf.train.get_or_create_global_step() is the variable.": "train.global_step",
    "A loop of Python's calls the net, and saves now and then with tf.train.Saver; what a hook did stands "
    "in the loop.": """
        train.ChiefSessionCreator train.FeedFnHook train.FinalOpsHook train.GlobalStepWaiterHook
        train.MonitoredSession train.MonitoredTrainingSession train.NanLossDuringTrainingError
        train.ProfilerHook train.SessionCreator train.SessionManager train.SessionRunContext
        train.SingularMonitoredSession train.Supervisor train.WorkerSessionCreator
        delete_session_tensor get_session_handle get_session_tensor
    """,
    "tf.summary.scalar(name, tensor) and tf.summary.histogram(name, tensor) note a tensor, "
    "tf.summary.merge_all() merges what was noted, and a tf.summary.FileWriter writes what the net returns.": """
        summary.FileWriterCache summary.all_v2_summary_ops summary.get_summary_description
        summary.initialize contrib.summary contrib.slim.summaries contrib.layers.summarize_tensors
        contrib.layers.summarize_activations contrib.layers.summarize_tensor
        contrib.layers.summarize_activation contrib.layers.summarize_collection
    """,
    "Each rank trains by itself, and DistributedDataParallel(net) averages their gradients: "
    "torchscope.optim has TF1's optimizers for such a loop.": "train.SyncReplicasOptimizer",
    "torchscope.optim has TF1's optimizers for PyTorch's loops, and tf.train those for model functions; one of "
    "your own is a subclass of tf.train.Optimizer.": """
        train.sdca_fprint train.sdca_optimizer train.sdca_shrink_l1
    """,
    "tf.clip_by_global_norm clips gradients.": "contrib.layers.adaptive_clipping_fn",
    "There are no graphs to write and to read: the model function is called anew. Checkpoints are read "
    "with tf.train.Saver, and torch.export writes a net with its operations.": """
        GraphDef NodeDef MetaGraphDef AttrValue NameAttrList TensorInfo import_graph_def graph_util
        make_ndarray make_tensor_proto saved_model train.export_meta_graph train.import_meta_graph
        train.write_graph io.write_graph train.do_quantize_training_on_graphdef train.SaverDef
        train.warm_start GRAPH_DEF_VERSION GRAPH_DEF_VERSION_MIN_CONSUMER
        GRAPH_DEF_VERSION_MIN_PRODUCER lite load_op_library load_library user_ops resource
        load_file_system_library variant contrib.graph_editor contrib.util
    """,
    "torch.save(net.state_dict(), path) saves a net, and net.load_state_dict(torch.load(path)) loads it; "
    "tf.train.Saver reads and writes TF1's checkpoints.": """
        train.Checkpoint train.CheckpointManager train.CheckpointOptions train.VocabInfo contrib.checkpoint
        contrib.eager
    """,
    "torch.nn.parallel.DistributedDataParallel(net) trains on several devices; torchrun starts the "
    "processes.": """
        distribute contrib.distribute DeviceSpec train.ClusterDef train.ClusterSpec train.JobDef
        train.Server train.ServerDef train.replica_device_setter contrib.nccl contrib.all_reduce
        contrib.slim.model_deploy CriticalSection
    """,
    "torch.nn has modules, and tf.layers (ts.layers) those of TF1 by name.": """
        keras.Input keras.Model keras.Sequential keras.activations keras.applications keras.backend
        keras.callbacks keras.constraints keras.datasets keras.estimator keras.layers keras.losses
        keras.metrics keras.mixed_precision keras.models keras.optimizers keras.preprocessing
        keras.utils keras.wrappers contrib.keras Module
    """,
    "tf.initializers has them.": """
        keras.initializers.Constant keras.initializers.Identity keras.initializers.Ones
        keras.initializers.Orthogonal keras.initializers.RandomNormal keras.initializers.RandomUniform
        keras.initializers.TruncatedNormal keras.initializers.Zeros keras.initializers.glorot_normal
        keras.initializers.glorot_uniform keras.initializers.he_normal keras.initializers.he_uniform
        keras.initializers.lecun_normal keras.initializers.lecun_uniform
    """,
    "Columns are made of a data frame by hand: tf.one_hot, tf.nn.embedding_lookup, tf.concat.": """
        feature_column contrib.layers.real_valued_column contrib.layers.sparse_column_with_hash_bucket
        contrib.layers.embedding_column contrib.layers.input_from_feature_columns
        contrib.layers.crossed_column contrib.layers.one_hot_column contrib.layers.bucketized_column
    """,
    "torchvision.io and Pillow read and write images, in the loader of the data.": """
        image.decode_and_crop_jpeg image.decode_bmp image.decode_gif image.decode_image
        image.decode_jpeg image.decode_png image.decode_jxl image.decode_webp image.encode_jpeg
        image.encode_png image.extract_jpeg_shape image.is_jpeg image.adjust_jpeg_quality
        image.random_jpeg_quality io.decode_jpeg io.decode_png io.decode_image io.decode_gif
        io.decode_bmp io.decode_and_crop_jpeg io.encode_jpeg io.encode_png io.is_jpeg
        io.extract_jpeg_shape
    """,
    "tf.image.non_max_suppression and tf.image.crop_and_resize are about boxes.": (
        "image.generate_bounding_box_proposals"
    ),
    "torchaudio reads and writes sound.": "audio contrib.ffmpeg contrib.framework.python",
    "torch.distributions has distributions.": "distributions contrib.distributions contrib.bayesflow",
    "torch.ao.quantization is about quantized nets.": """
        QUANTIZED_DTYPES dequantize qint16 qint32 qint8 quantization quantize quantize_v2
        quantized_concat quint16 quint8 fake_quant_with_min_max_args
        fake_quant_with_min_max_args_gradient fake_quant_with_min_max_vars
        fake_quant_with_min_max_vars_gradient fake_quant_with_min_max_vars_per_channel
        fake_quant_with_min_max_vars_per_channel_gradient nn.quantized_avg_pool nn.quantized_conv2d
        nn.quantized_max_pool nn.quantized_relu_x contrib.quantize
    """,
    "torch.profiler.profile measures what a net does.": "profiler contrib.tfprof autograph mlir xla "
    "contrib.compiler",
    "torch.compile(net) compiles a net.": "function wrap_function config contrib.tensorrt "
    "contrib.autograph contrib.model_pruning",
    "There is nothing to switch: leave the line out.": """
        control_flow_v2_enabled resource_variables_enabled enable_tensor_equality
        enable_v2_behavior enable_v2_tensorshape experimental mixed_precision
        train.experimental layers.experimental nn.experimental
    """,
    "torch.autocast and torch.amp.GradScaler are for half precision.": "contrib.mixed_precision",
    "A function with a gradient of its own is a torch.autograd.Function.": """
         NoGradient NotDifferentiable no_gradient
    """,
    "torch.vmap maps a function over a dimension.": "vectorized_map nondifferentiable_batch_function",
    "PyTorch's loss wants no such labels: leave the argument out.": "nn.ctc_unique_labels",
    "A class that was seen often is drawn more often by tf.nn.fixed_unigram_candidate_sampler, of counts.": """
        nn.learned_unigram_candidate_sampler random.learned_unigram_candidate_sampler
    """,
    "autograd gives the gradients of a convolution.": """
        conv2d_backprop_filter_v2 conv2d_backprop_input_v2 nn.conv2d_backprop_filter
        nn.conv2d_backprop_input nn.conv3d_backprop_filter nn.conv3d_backprop_filter_v2
        nn.depthwise_conv2d_backprop_filter nn.depthwise_conv2d_backprop_input
        nn.depthwise_conv2d_native_backprop_filter nn.depthwise_conv2d_native_backprop_input
    """,
    "torch.nn.FractionalMaxPool2d pools at random.": "nn.fractional_avg_pool nn.fractional_max_pool",
    "A loop of Python's calls the cell and keeps its state: output, state = cell(x, state).": """
        contrib.grid_rnn
    """,
    "torch.nn.GRU and torch.nn.LSTM are cuDNN's on a GPU.": """
        contrib.cudnn_rnn.CudnnGRU contrib.cudnn_rnn.CudnnLSTM contrib.cudnn_rnn.CudnnRNNRelu
        contrib.cudnn_rnn.CudnnRNNTanh
    """,
    "This cell is not here: write it as a subclass of tf.nn.rnn_cell.RNNCell.": """
        contrib.rnn.NTMCell contrib.rnn.ZoneoutWrapper
    """,
    "tf.metrics has the measures; those of a whole data set are in scikit-learn's sklearn.metrics too.": """
        contrib.metrics contrib.slim.metrics
    """,
    "The functions of tf-slim's nets are Python files: copy the one that you need, and import "
    "torchscope.tf1 in it.": "contrib.slim.nets",
    "A list of Python's grows as it is written to, and tf.stack makes one tensor of it; a loop takes a "
    "tf.TensorArray.": "TensorArraySpec",
    "There are no ragged tensors: pad, or use torch.nested.": "RaggedTensor RaggedTensorSpec ragged "
    "ragged_fill_empty_rows ragged_fill_empty_rows_grad",
    "Shapes and dtypes are looked at as they are: x.shape, x.dtype.": """
        IndexedSlicesSpec TensorSpec TypeSpec NoneTensorSpec OptionalSpec type_spec_from_value types
    """,
    "Variables have values once they are made: there is nothing to assert.": (
        "assert_variables_initialized"
    ),
    "Write `tf.variable_scope(name_or_scope, default_name, values)`.": "variable_op_scope",
    "Write `tf.name_scope(name, default_name, values)`.": "op_scope",
    "Index the tensor in place under torch.no_grad(): `v[indices] = updates`.": " count_up_to",
    "torch.__version__ and torchscope.__version__ are versions.": """
        GIT_VERSION COMPILER_VERSION CXX11_ABI_FLAG CXX_VERSION MONOLITHIC_BUILD version
        sysconfig
    """,
    "Python's own does it: importlib.resources, time.time, print.": "resource_loader timestamp  "
    "LogMessage",
    "There is no such check here; torch.autograd.detect_anomaly looks for NaN.": """
         check_pinned
    """,
    "torch.func and torch.autograd.gradcheck compare gradients with differences.": """
        test.compute_gradient test.compute_gradient_error
    """,
    "pytest does it: pytest.mark.skipif, monkeypatch, pytest-benchmark.": """
        test.Benchmark test.StubOutForTesting test.assert_equal_graph_def test.benchmark_config
        test.create_local_cluster test.disable_with_predicate test.experimental
        test.is_built_with_gpu_support test.is_built_with_rocm test.is_built_with_xla
        test.is_cpu_target_available test.test_src_dir_path test.with_eager_op_as_function
    """,
    "A torch.Tensor is what it is: there are no specifications, symbols or conversions of one's own.": """
        SparseTensorSpec get_static_value is_symbolic_tensor register_tensor_conversion_function
        dtypes.DType dtypes.as_string
    """,
    "torch.nn.functional and torch.linalg are near: torch.topk, torch.linalg.solve.": """
        approx_top_k math.approx_max_k math.approx_min_k nn.approx_max_k nn.approx_min_k conv
        nn.with_space_to_batch
        linalg.eigh_tridiagonal linalg.tridiagonal_matmul linalg.tridiagonal_solve
        image.extract_glimpse
        nn.compute_average_loss
        nn.scale_regularization_loss
    """,
    "PyTorch has no such function; scipy.linalg and scipy.special have, on arrays.": """
        betainc math.betainc linalg.logm linalg.sqrtm matrix_square_root math.sobol_sample
    """,
    "Write the matrix out, or a function that multiplies by it.": """
        linalg.LinearOperator linalg.LinearOperatorAdjoint linalg.LinearOperatorBlockDiag
        linalg.LinearOperatorBlockLowerTriangular linalg.LinearOperatorCirculant
        linalg.LinearOperatorCirculant2D linalg.LinearOperatorCirculant3D
        linalg.LinearOperatorComposition linalg.LinearOperatorDiag linalg.LinearOperatorFullMatrix
        linalg.LinearOperatorHouseholder linalg.LinearOperatorIdentity linalg.LinearOperatorInversion
        linalg.LinearOperatorKronecker linalg.LinearOperatorLowRankUpdate
        linalg.LinearOperatorLowerTriangular linalg.LinearOperatorPermutation
        linalg.LinearOperatorScaledIdentity linalg.LinearOperatorToeplitz linalg.LinearOperatorTridiag
        linalg.LinearOperatorZeros
    """,
    "torch.fft has transforms of any number of axes.": """
        fftnd ifftnd rfftnd irfftnd signal.fftnd signal.ifftnd signal.rfftnd signal.irfftnd
    """,
    "torch.signal.windows and torchaudio have it.": """
        signal.inverse_mdct signal.mdct signal.kaiser_bessel_derived_window signal.kaiser_window
        signal.vorbis_window
    """,
    "A torch.Generator draws numbers of its own; torch.multinomial draws candidates.": """
        random.Algorithm random.Generator random.create_rng_state random.fold_in random.split
        random.get_global_generator random.set_global_generator random.get_seed get_seed
        random_index_shuffle random.stateless_binomial random.stateless_gamma random.stateless_poisson
    """,
    "A mask is an index of the values.": """
        sparse_mask sparse.mask sparse_merge
        sparse.merge sparse_to_indicator sparse.to_indicator sparse.bincount sparse.cross
        sparse.cross_hashed sparse.SparseConditionalAccumulator
    """,
    "Feed its indices and values, by two placeholders, and make a tf.SparseTensor of them.": """
        sparse_placeholder sparse.placeholder convert_to_tensor_or_sparse_tensor
    """,
    "torch.autograd.set_detect_anomaly says where a number stopped being finite.": """
        debugging.enable_check_numerics debugging.disable_check_numerics
    """,
    "Python's traceback is whole.": """
        debugging.enable_traceback_filtering debugging.disable_traceback_filtering
        debugging.is_traceback_filtering_enabled debugging.get_log_device_placement
        debugging.set_log_device_placement
    """,
    "A torch.autograd.Function has a gradient of its own.": "grad_pass_through",
    "tf.nn.avg_pool and tf.nn.max_pool are the same.": "nn.avg_pool_v2 nn.max_pool_v2",
}


def _symbols() -> dict[str, str]:
    """What to write, by symbol."""
    return {symbol: said for said, symbols in _GROUPS.items() for symbol in symbols.split()}


def instead_of(symbol: str) -> str:
    """What to write instead of a symbol, or of what it is part of; '' where nothing is said.

    >>> instead_of("tf.data.Dataset")
    'A torch.utils.data.DataLoader gives batches, ...'
    """
    symbols, path = _symbols(), symbol.removeprefix("tf.")
    while path not in symbols and "." in path:
        path = path.rpartition(".")[0]
    return symbols.get(path, "")


def missing(module: str, name: str) -> AttributeError:
    """The error for a name that a module of torchscope.tf1 has not: what to write, or the nearest names.

    >>> raise missing("torchscope.tf1.train", "SyncReplicasOptimizer")
    Traceback (most recent call last):
    AttributeError: torchscope.tf1 has no tf.train.SyncReplicasOptimizer. Each rank trains by itself, ...

    Args:
        module: the module's name.
        name: what it was asked for.
    """
    path = module.removeprefix("torchscope.tf1").removeprefix(".").replace(".", "/")
    prefix = f"{path.replace('/', '.')}." if path else ""
    if name.startswith("_"):
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    said = instead_of(prefix + name)
    if said:
        return AttributeError(f"torchscope.tf1 has no tf.{prefix}{name}. {said}")
    others = [each for each in dir(sys.modules[module]) if not each.startswith("_")]
    close = difflib.get_close_matches(name, others, n=3)
    nearest = ", ".join(f"tf.{prefix}{each}" for each in close)
    return AttributeError(
        f"torchscope.tf1 has no tf.{prefix}{name}."
        f"{f' The nearest names are: {nearest}.' if close else ''} Where TF1 has it, PyTorch may have it "
        "too: what torchscope.tf1 gives are torch's tensors."
    )
