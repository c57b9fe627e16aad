#if Server
import NIOCore
import NIOHTTPTypes

/// Closes a connection on which nothing happens: a request does not arrive, an answer is not read, or nobody asks for more.
///
/// Every part that arrives or has been sent is something, so that who reads slowly gets all of a long answer. While an answer
/// is computed nothing has to happen.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    private var last = NIODeadline.now()
    private var isArriving = false
    /// Requests whose answers have not been sent to their ends.
    private var unanswered = 0
    /// Parts of answers that are on their way.
    private var unsent = 0
    private var next: Scheduled<Void>?

    /// - Parameter patience: how long nothing may happen.
    init(patience: TimeAmount) { self.patience = patience }

    func handlerAdded(context: ChannelHandlerContext) { look(context) }

    func channelInactive(context: ChannelHandlerContext) {
        next?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        last = .now()
        switch unwrapInboundIn(data) {
        case .head:
            isArriving = true
            unanswered += 1
        case .body: break
        case .end: isArriving = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let isEnd =
            switch unwrapOutboundIn(data) {
            case .head, .body: false
            case .end: true
            }
        unsent += 1
        let sent = promise ?? context.eventLoop.makePromise()
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            last = .now()
            unsent -= 1
            if isEnd { unanswered = max(0, unanswered - 1) }
        }
        context.write(data, promise: sent)
    }

    /// Closes the connection if it is time, and looks again later if it is not.
    private func look(_ context: ChannelHandlerContext) {
        let (now, isComputing) = (NIODeadline.now(), !isArriving && unanswered > 0 && unsent == 0)
        guard isComputing || now < last + patience else { return context.close(promise: nil) }
        let later = (isComputing ? now : last) + patience
        next = context.eventLoop.assumeIsolated().scheduleTask(deadline: later) { self.look(context) }
    }
}
#endif
