#ifndef FUZZ_HOOKS_H
#define FUZZ_HOOKS_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own mutations, for the parts of an input that have no structure. Gives back the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maximum);

#endif
