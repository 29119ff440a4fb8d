import Catalog
import ClickModel
import Hummingbird

extension Request {
    private static let mostItems = 25

    /// The page of a list that `limit`, `last`, `orderBy` and `orderDir` ask for.
    ///
    /// A larger limit is cut to 25: clients come by their pages with `last` anyway.
    func page(orderedBy usual: Page.Order = .createdAt) throws(APIError) -> Page {
        var page = Page(limit: try limit(atMost: Self.mostItems, unless: Self.mostItems))
        page.order = usual
        page.last = text(query: "last")
        if let text = text(query: "orderBy") {
            guard let order = Page.Order(rawValue: text) else {
                throw .invalid("orderBy", "this list can't be sorted so")
            }
            page.order = order
        }
        if let text = text(query: "orderDir") {
            switch text.lowercased() {
            case "asc": page.isAscending = true
            case "desc": page.isAscending = false
            default: throw .invalid("orderDir", "must be asc or desc")
            }
        }
        return page
    }

    /// The parameter `limit`, cut to what is allowed.
    func limit(atMost most: Int, unless usual: Int) throws(APIError) -> Int {
        guard let text = text(query: "limit") else { return usual }
        guard let limit = Int(text), limit >= 1 else {
            throw .invalid("limit", "must be a whole number from 1 to \(most)")
        }
        return min(limit, most)
    }

    /// A moment given as a parameter.
    func moment(query name: String) throws(APIError) -> Timestamp? {
        guard let text = text(query: name) else { return nil }
        // The plus sign of an offset that nobody escaped reads as a blank.
        guard let time = Timestamp(text.replacing(" ", with: "+")) else {
            throw .invalid(name, "must be a moment such as 2019-07-02T14:07:06Z")
        }
        return time
    }
}

extension Request {
    /// A parameter that is a list, separated by commas.
    func list(query name: String) -> [String]? {
        let texts = texts(query: name)
        return texts.isEmpty ? nil : texts
    }

    /// A parameter that is true or false; what is `none` doesn't matter.
    func flag(query name: String) throws(APIError) -> Bool? {
        switch text(query: name)?.lowercased() {
        case nil, "none": nil
        case "true": true
        case "false": false
        default: throw .invalid(name, "must be true, false or none")
        }
    }

    /// The start of a day (UTC) that is given as `2019-07-02`, or a moment.
    func day(query name: String) throws(APIError) -> (moment: Timestamp, isDay: Bool)? {
        guard let text = text(query: name) else { return nil }
        if let moment = Timestamp(text) { return (moment, false) }
        guard text.utf8.count == 10, let moment = Timestamp("\(text)T00:00:00Z") else {
            throw .invalid(name, "must be a day such as 2019-07-02, or a moment")
        }
        return (moment, true)
    }

    /// A parameter that is an id of ours: a whole number.
    func number(query name: String) throws(APIError) -> Int64? {
        guard let text = text(query: name) else { return nil }
        guard let number = Int64(text), number > 0 else {
            throw .invalid(name, "no item of this list has that id")
        }
        return number
    }
}
