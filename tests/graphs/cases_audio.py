"""Cases of sounds."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(6)
SOUND = RANDOM.randn(200, 2).astype(np.float32)
POWER = RANDOM.rand(2, 5, 129).astype(np.float32)
RATE = np.int32(16000)

CASES = [
    *(
        Case(
            "AudioSpectrogram",
            {"input": SOUND},
            {"window_size": size, "stride": 13, "magnitude_squared": squared},
            near=1e-4,
        )
        for size in (32, 50)
        for squared in (False, True)
    ),
    Case("Mfcc", {"spectrogram": POWER, "sample_rate": RATE}),
    Case(
        "Mfcc",
        {"spectrogram": POWER, "sample_rate": RATE},
        {
            "upper_frequency_limit": 7000.0,
            "lower_frequency_limit": 300.0,
            "filterbank_channel_count": 12,
            "dct_coefficient_count": 7,
        },
    ),
    Case("Mfcc", {"spectrogram": POWER * 0, "sample_rate": np.int32(8000)}),
]
