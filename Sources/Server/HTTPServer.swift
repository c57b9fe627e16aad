#if Server
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Logging
import NIOCore
public import ServiceLifecycle
import UnixSignals

/// Answers over HTTP/1.1: OpenAI's interface for completions and conversations, searches with their events, a page that shows
/// them, metrics and health.
///
/// Whoever closes the connection ends what it asked for within one pass of the models, and the memory is free.
public struct HTTPServer: Service {
    /// Where to listen.
    public struct Address: Sendable {
        /// A name or an address of this machine; only `127.0.0.1`, `::1` and `localhost` cannot be reached from others.
        public var host: String
        /// The port; 0 for any that is free.
        public var port: Int

        /// - Parameters: the values of the properties, in their order.
        public init(host: String = "127.0.0.1", port: Int = 8080) {
            self.host = host
            self.port = port
        }

        /// Whether only this machine can reach it.
        public var isLocal: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }
    }

    private let application: Application<RouterResponder<BasicRequestContext>>
    private let farewell: Duration

    /// - Parameters:
    ///   - model: what answers.
    ///   - limits: how much may be asked for.
    ///   - address: where to listen.
    ///   - key: what clients have to show as `Authorization: Bearer`; nil lets everybody in. Not empty.
    ///   - onReady: called with the port when connections are accepted.
    public init(
        model: ServedModel, limits: ServerLimits = ServerLimits(), address: Address = Address(), key: String?,
        onReady: @escaping @Sendable (Int) -> Void
    ) {
        let service = Answering(model: model, limits: limits)
        let router = Router(context: BasicRequestContext.self)
        router.add(
            middleware: Reception(
                key: key.map { AccessKey($0) }, isLocal: address.isLocal, metrics: service.metrics))
        service.addRoutes(to: router)
        var logger = Logger(label: "specsearch")
        logger.logLevel = .error
        farewell = limits.farewell
        let patience = TimeAmount.seconds(limits.arrival.components.seconds)
        application = Application(
            router: router,
            server: .http1(
                configuration: .init(additionalChannelHandlers: [ConnectionWatch(patience: patience)])),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "specsearch",
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? address.port) }, logger: logger)
    }

    /// Serves until the task is cancelled or the process is told to end (SIGINT, SIGTERM); answers on their way are given
    /// first, as far as `ServerLimits.farewell` allows.
    ///
    /// - Throws: what the system says if it is not possible to listen at the address, such as at a port that is taken.
    public func run() async throws {
        var group = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: application.logger)
        group.maximumGracefulShutdownDuration = farewell
        try await ServiceGroup(configuration: group).run()
    }
}
#endif
