public import JSON

/// The page that shows a search as a picture: one HTML document that loads nothing.
public enum SearchPage {
    private static let opening = "<script type=\"application/json\" id=\"recording\">"

    /// The page of a server: it asks for a question, and follows the search that `/search` streams.
    public static let live = String(decoding: PackageResources.page_html, as: UTF8.self)

    /// The page of a search that has ended.
    ///
    /// - Parameter recording: what `SearchRecording` (module SpecSearch) says of it. Its texts cannot leave their place in the
    ///   page, whatever they hold.
    public static func report(of recording: JSONValue) -> String {
        // A "<" could end the element, or begin a comment in it. Bytes, since a character may be more than it.
        var data: [UInt8] = []
        for byte in recording.serialized().utf8 {
            if byte == UInt8(ascii: "<") { data += "\\u003c".utf8 } else { data.append(byte) }
        }
        let parts = live.split(separator: "\(opening)null", maxSplits: 1)
        precondition(parts.count == 2, "the page has one place for a recording")
        return parts[0] + opening + String(decoding: data, as: UTF8.self) + parts[1]
    }
}
