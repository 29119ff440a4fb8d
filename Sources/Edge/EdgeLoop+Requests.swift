import ClickModel

/// What each request is answered with; the bytes go into the loop's buffer.
extension EdgeLoop {
    /// How a request is answered, beside what it asks for, and to whom.
    private struct Manner {
        let connection: Connection.Slot
        let isHead: Bool
        let persistence: Answers.Persistence
    }

    /// Answers a request that is none, and closes.
    func refuse(
        _ connection: Connection.Slot,
        _ status: Status,
        isHead: Bool = false
    ) -> Step {
        metrics.refusedRequests.add()
        answers.setTime(time())
        return page(
            status,
            status.line,
            type: Pages.plainText,
            Manner(connection: connection, isHead: isHead, persistence: .close)
        )
    }

    /// Answers a whole head.
    func answer(_ connection: Connection.Slot, _ bytes: ByteView) -> Step {
        let head: RequestHead
        do {
            head = try RequestParser.parse(bytes)
        } catch {
            return refuse(connection, Status(error))
        }
        return answer(connection, head)
    }

    func answer(_ connection: Connection.Slot, _ head: borrowing RequestHead) -> Step {
        let now = time()
        answers.setTime(now)
        let closes =
            head.asksToClose || (!head.isHTTP11 && !head.asksToKeepAlive) || head.hasBody
            || isStopping
        let manner = Manner(
            connection: connection,
            isHead: head.method == .head,
            persistence: closes ? .close : head.isHTTP11 ? .open : .openAsAsked
        )

        guard head.method != .other else {
            metrics.refusedRequests.add()
            return page(
                .methodNotAllowed,
                Status.methodNotAllowed.line,
                type: Pages.plainText,
                manner
            )
        }
        guard !head.hasBody, let host = head.targetHost ?? head.host else {
            return refuse(connection, .badRequest, isHead: manner.isHead)
        }
        // Browsers and crawlers ask for these by themselves: nobody clicked.
        if head.path.equals("/favicon.ico") { return page(.notFound, Pages.notFound, manner) }
        if head.path.equals("/robots.txt") {
            return page(.ok, Pages.robots, type: Pages.plainText, manner)
        }
        switch key.read(host: host, path: head.path) {
        case .malformed: return refuse(connection, .badRequest, isHead: manner.isHead)
        case .root: return answerRoot(manner)
        case .nothing: return answerNothing(host, head.path, manner)
        case .link: return answerLink(head, now, manner)
        }
    }

    // MARK: - Links

    private func answerLink(
        _ head: borrowing RequestHead,
        _ now: Timestamp,
        _ manner: Manner
    ) -> Step {
        if let lookedUp = manner.connection.pointee.lookedUp {
            manner.connection.pointee.lookedUp = nil
            // While answers before it waited the link may have changed: it is found in memory then, or asked for again.
            if lookedUp.changeCount == memory.changeCount {
                switch lookedUp.answer {
                case .route(let route): return answer(head, route, now, manner)
                case .none: return answerOrphan(head, now, manner)
                case .failed: return busy(manner)
                }
            }
        }
        switch memory.find(key) {
        case .plain(let route, let location):
            return redirect(head, route, to: location, now, manner)
        case .route(let route): return answer(head, route, now, manner)
        case .none: return answerOrphan(head, now, manner)
        case .unknown: return askCatalog(for: manner.connection) ? .asksCatalog : busy(manner)
        }
    }

    /// Answers a request for a link that exists.
    private func answer(
        _ head: borrowing RequestHead,
        _ route: Route,
        _ now: Timestamp,
        _ manner: Manner
    ) -> Step {
        guard let extras = route.extras else {
            return redirect(head, route, to: route.destination, now, manner)
        }
        if let end = extras.expiresAt, now >= end { return answerOrphan(head, now, manner) }
        let address = visitorAddress.of(head, peer: manner.connection.pointee.peer)
        switch chooser.choice(of: route, extras, for: head, from: address) {
        case .own: return redirect(head, route, to: route.destination, now, manner)
        case .elsewhere(let destination, let rule):
            return redirect(head, route, to: destination, isOwn: false, by: rule, now, manner)
        case .preview(let preview): return show(preview, head, route, now, manner)
        }
    }

    /// Sends a visitor to where a plain link leads.
    private func redirect(
        _ head: borrowing RequestHead,
        _ route: Unmanaged<Route>,
        to location: ByteView,
        _ now: Timestamp,
        _ manner: Manner
    ) -> Step {
        let peer = manner.connection.pointee.peer
        answers.redirect(
            to: location,
            asksForHints: visitorAddress.isOverTLS(head, peer: peer),
            manner.persistence,
            into: out
        )
        if !manner.isHead {
            let route = route.takeUnretainedValue()
            record(head, route: route, at: now, from: peer, location: nil)
        }
        return redirected(manner)
    }

    /// Sends a visitor to one of a link's destinations.
    private func redirect(
        _ head: borrowing RequestHead,
        _ route: Route,
        to destination: String?,
        isOwn: Bool = true,
        by rule: String? = nil,
        _ now: Timestamp,
        _ manner: Manner
    ) -> Step {
        guard let destination else { return answerUnknown(manner) }
        withLocation(destination, head, route) { location, isForwarded in
            if let scripts = route.extras?.scripts, !scripts.isEmpty {
                let body = ByteWriter(capacity: 4096)
                ScriptPage.write(scripts, location: location, into: body)
                _ = page(.ok, body.bytes, type: Pages.html, manner)
            } else {
                answers.redirect(
                    to: location,
                    asksForHints: visitorAddress.isOverTLS(
                        head,
                        peer: manner.connection.pointee.peer
                    ),
                    manner.persistence,
                    into: out
                )
            }
            guard !manner.isHead else { return }
            let location = isOwn && !isForwarded ? nil : location
            guard var rule else {
                return record(
                    head,
                    route: route,
                    at: now,
                    from: manner.connection.pointee.peer,
                    location: location
                )
            }
            rule.withUTF8 {
                record(
                    head,
                    route: route,
                    at: now,
                    from: manner.connection.pointee.peer,
                    location: location,
                    rule: $0
                )
            }
        }
        return redirected(manner)
    }

    private func redirected(_ manner: Manner) -> Step {
        if manner.persistence == .close { manner.connection.pointee.closesAfterAnswer = true }
        guard manner.isHead else { return .recorded }
        metrics.redirects.add()
        return .answered
    }

    /// Shows a fetcher of previews how a link looks; a person would be sent on to the link's destination.
    private func show(
        _ preview: LinkPreview,
        _ head: borrowing RequestHead,
        _ route: Route,
        _ now: Timestamp,
        _ manner: Manner
    ) -> Step {
        guard let destination = route.destination else { return answerUnknown(manner) }
        return withLocation(destination, head, route) { location, isForwarded in
            let body = ByteWriter(capacity: 1024)
            PreviewPage.write(preview, shortURL: route.shortURL, location: location, into: body)
            let answered = page(.ok, body.bytes, type: Pages.html, manner)
            guard !manner.isHead else { return answered }
            record(
                head,
                route: route,
                at: now,
                from: manner.connection.pointee.peer,
                location: isForwarded ? location : nil,
                isRedirect: false
            )
            return .recorded
        }
    }

    /// Calls `body` with a destination as `Location` has it, and whether the short link's query was forwarded into it.
    private func withLocation<Result>(
        _ destination: String,
        _ head: borrowing RequestHead,
        _ route: Route,
        _ body: (ByteView, _ isForwarded: Bool) -> Result
    ) -> Result {
        var destination = destination
        let query = route.forwardsParameters ? head.query ?? .none : .none
        return destination.withUTF8 { destination in
            guard query.count > 0 else { return body(destination, false) }
            forwarded.removeAll()
            ForwardedQuery.append(query, to: destination, into: forwarded)
            return body(forwarded.bytes, true)
        }
    }

    // MARK: - Everything that is no link

    private func page(
        _ status: Status,
        _ body: StaticString,
        type: StaticString = Pages.html,
        _ manner: Manner
    ) -> Step {
        let bytes = ByteView(start: body.utf8Start, count: body.utf8CodeUnitCount)
        return page(status, bytes, type: type, manner)
    }

    private func page(
        _ status: Status,
        _ body: ByteView,
        type: StaticString,
        _ manner: Manner
    ) -> Step {
        answers.page(
            status,
            body,
            type: type,
            isHead: manner.isHead,
            manner.persistence,
            into: out
        )
        if manner.persistence == .close { manner.connection.pointee.closesAfterAnswer = true }
        return .answered
    }

    /// A redirect that no link stands behind.
    private func redirect(to url: String, _ manner: Manner) -> Step {
        var url = url
        url.withUTF8 { url in
            answers.redirect(
                to: url,
                asksForHints: false,
                manner.persistence,
                into: out
            )
        }
        if manner.persistence == .close { manner.connection.pointee.closesAfterAnswer = true }
        return .answered
    }

    private func answerRoot(_ manner: Manner) -> Step {
        guard let domain = memory.domain(key.host) else { return answerUnknown(manner) }
        guard let url = domain.rootURL else { return page(.ok, Pages.root, manner) }
        return redirect(to: url, manner)
    }

    private func answerUnknown(_ manner: Manner) -> Step {
        metrics.unknownLinks.add()
        guard let url = memory.domain(key.host)?.fallbackURL else {
            return page(.notFound, Pages.notFound, manner)
        }
        return redirect(to: url, manner)
    }

    /// Answers a request for a link that doesn't exist, and records it where somebody wants to know of such.
    private func answerOrphan(
        _ head: borrowing RequestHead,
        _ now: Timestamp,
        _ manner: Manner
    ) -> Step {
        let domain = memory.domain(key.host)
        let answered = answerUnknown(manner)
        guard let domain, let owner = domain.orphans, !manner.isHead else { return answered }
        let route = owner.route(
            slashtag: LookupKey.slashtagAsAsked(head.path),
            destination: domain.fallbackURL
        )
        record(head, route: route, at: now, from: manner.connection.pointee.peer, location: nil)
        return .recorded
    }

    private func busy(_ manner: Manner) -> Step {
        page(.busy, Status.busy.line, type: Pages.plainText, manner)
    }

    /// Answers a path that can't be a link's; some are for those who watch over the service.
    private func answerNothing(_ host: ByteView, _ path: ByteView, _ manner: Manner) -> Step {
        guard path.view(0, 8).equals("/health/"), HostName.isOfMachine(host) else {
            return answerUnknown(manner)
        }
        if path.equals("/health/live") {
            return page(.ok, "{\"status\":\"live\"}\n", type: Pages.json, manner)
        }
        guard path.equals("/health/ready") else { return page(.notFound, Pages.notFound, manner) }
        let problems = isStopping ? ["the service is stopping"] : readiness()
        let body = ByteWriter(capacity: 256)
        body.append(problems.isEmpty ? "{\"status\":\"ready\"" : "{\"status\":\"not ready\"")
        body.append(",\"problems\":[")
        for (index, problem) in problems.enumerated() {
            if index > 0 { body.append(0x2C) }
            body.append(json: problem)
        }
        body.append("]}\n")
        return page(problems.isEmpty ? .ok : .busy, body.bytes, type: Pages.json, manner)
    }
}
