// swift-tools-version: 6.2
import PackageDescription

/// The repository around this folder; or a version of it from a git URL that ends in `/specsearch`, if SPECSEARCH_URL and
/// SPECSEARCH_VERSION name one.
let specsearch: Package.Dependency =
    if let url = Context.environment["SPECSEARCH_URL"], let version = Context.environment["SPECSEARCH_VERSION"] {
        .package(url: url, exact: Version(stringLiteral: version))
    } else {
        .package(name: "specsearch", path: "../..")
    }

/// The programs, each with the products that it uses.
let programs = [
    "embed": ["SpecSearch"],
    "scorer": ["SpecSearch"],
    "session": ["Decoding", "Tokenization", "Transformer"],
    "streaming": ["SpecSearch"],
]

let package = Package(
    name: "examples",
    platforms: [.macOS(.v15)],
    dependencies: [specsearch],
    targets: programs.sorted { $0.key < $1.key }.map { name, products in
        .executableTarget(
            name: name, dependencies: products.map { .product(name: $0, package: "specsearch") })
    },
    swiftLanguageModes: [.v6]
)
