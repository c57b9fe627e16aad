// The processor vendor's own operations, for kernels alone. Nothing but instructions: no code is compiled from it.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif
