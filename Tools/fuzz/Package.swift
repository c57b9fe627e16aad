// swift-tools-version: 6.2
import PackageDescription

/// The programs that libFuzzer drives, each with the products that it needs. A new one needs a line here, a folder in
/// Sources with `LLVMFuzzerTestOneInput`, and seeds in corpus/NAME.
let targets = [
    "bundle": ["SpecSearch"],
    "cache": ["CacheTree", "Safetensors", "Transformer"],
    "config": ["Transformer"],
    "gguf": ["GGUF"],
    "json": ["Safetensors"],
    "packed": ["PackedWeights", "Safetensors"],
    "safetensors": ["Safetensors"],
    "search": ["SpecSearch", "Safetensors"],
    "shards": ["Safetensors"],
    "template": ["ChatTemplates"],
    "text": ["Tokenization"],
    "tokenizer": ["Tokenization"],
    "vocabulary": ["Tokenization"],
]

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "specsearch", path: "../..")],
    targets: [
        .target(name: "FuzzHooks"),
        .target(
            name: "FuzzSupport", dependencies: ["FuzzHooks", .product(name: "Safetensors", package: "specsearch")]),
    ]
        + targets.sorted { $0.key < $1.key }.map { name, products in
            .executableTarget(
                name: name,
                dependencies: ["FuzzHooks", "FuzzSupport"]
                    + products.map { .product(name: $0, package: "specsearch") },
                // libFuzzer brings the main function.
                swiftSettings: [.unsafeFlags(["-parse-as-library"])])
        },
    swiftLanguageModes: [.v6]
)
