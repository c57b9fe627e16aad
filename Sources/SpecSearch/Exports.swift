// One import is enough for users of the library: what its interface names comes along.
@_exported public import Compute
@_exported public import Decoding
