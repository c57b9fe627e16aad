import ArgumentParser
import Files
import GGUF
import PackedWeights
import Safetensors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a conversion did not happen. Nothing is under the final name then that was not there before.
enum ConvertError: Error, CustomStringConvertible {
    /// A folder or file is not there.
    case missing(path: String)
    /// The output would overwrite something.
    case notEmpty(path: String)
    /// The output, which `--force` may replace, holds something that is not part of a model.
    case foreignEntry(path: String, name: String)
    /// The output is a file.
    case notFolder(path: String)
    /// The output, a file, is a folder.
    case notFile(path: String)
    /// The output would overwrite a file.
    case fileExists(path: String)
    /// Input and output are one folder, or the output holds the input.
    case overlapping(input: String, output: String)
    /// A text file of the model cannot be used.
    case badFile(path: String, reason: String)
    /// A tensor cannot be converted.
    case badTensor(name: String, elementType: ElementType)
    /// The disk has too little room.
    case noSpace(path: String, needed: Int, free: Int)
    /// The system refused an operation; `code` is its error number.
    case refused(path: String, code: Int32)
    /// The weights cannot be read or written.
    case weights(SafetensorsError)
    /// Packed weights cannot be read.
    case packed(PackedError)
    /// A GGUF file cannot be read.
    case gguf(GGUFError)
    /// The user pressed Control-C.
    case interrupted

    /// Any error of a conversion.
    ///
    /// - Parameter path: what was converted, for errors that do not say.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as ConvertError: self = error
        case let error as SafetensorsError: self = .weights(error)
        case let error as GGUFError: self = .gguf(error)
        case let error as WriteError: self = .refused(path: error.path, code: error.code)
        default: self = .badFile(path: path, reason: "\(error)")
        }
    }

    var description: String {
        switch self {
        case .missing(let path): "\(path): there is no such file or folder. Check the path."
        case .notEmpty(let path): "\(path) exists and is not empty. Name another folder, or use --force to replace it."
        case .foreignEntry(let path, let name):
            "\(path) holds \"\(name)\", which is not part of a model, so --force does not replace it. "
                + "Name another folder, or remove it yourself."
        case .notFolder(let path): "\(path) exists and is not a folder. Name another one."
        case .notFile(let path): "\(path) exists and is a folder. Name a file."
        case .fileExists(let path): "\(path) exists. Name another file, or use --force to replace it."
        case .overlapping(let input, let output):
            "the output \(output) is or holds the input \(input). Name another folder."
        case .badFile(let path, let reason): "\(path): \(reason)"
        case .badTensor(let name, let elementType):
            "the tensor \"\(name)\" has elements of type \(elementType.rawValue), which mean nothing without their "
                + "scales. Convert the weights to bfloat16 with the tool that made them."
        case .noSpace(let path, let needed, let free):
            "\(path) needs \(ByteCount(needed)), but only \(ByteCount(free)) are free. Make room."
        case .refused(let path, let code):
            "\(path): \(String(cString: strerror(code))) (error \(code)). Check permissions and the disk."
        case .weights(let error): error.description
        case .gguf(let error): error.description
        case .packed(let error): error.description
        case .interrupted: "interrupted; nothing was written."
        }
    }

    /// The exit code, after `sysexits.h`.
    var exitCode: ExitCode {
        switch self {
        case .notEmpty, .foreignEntry, .notFolder, .notFile, .fileExists, .overlapping: ExitCode(64)
        case .badFile, .badTensor: ExitCode(65)
        case .missing: ExitCode(66)
        case .noSpace, .refused: ExitCode(70)
        case .interrupted: ExitCode(130)
        case .weights(.file(_, .access(.missing))), .weights(.folder(_, .noWeights)),
            .weights(.folder(_, .shardMissing)):
            ExitCode(66)
        case .gguf(.file(_, .missing)): ExitCode(66)
        case .weights(.writing), .gguf(.writing): ExitCode(70)
        case .weights, .gguf, .packed: ExitCode(65)
        }
    }
}
