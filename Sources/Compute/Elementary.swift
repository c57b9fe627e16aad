import Glibc

package enum Elementary {
    package static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
    package static func cos(_ x: Double) -> Double { Glibc.cos(x) }
    package static func sin(_ x: Double) -> Double { Glibc.sin(x) }
}
