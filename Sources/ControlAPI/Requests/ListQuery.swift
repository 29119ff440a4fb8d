import Catalog
import ClickModel
import Hummingbird

extension Request {
    private static let mostItems = 25

    /// The page of a list that `limit`, `last`, `orderBy` and `orderDir` ask for.
    ///
    /// A larger limit is cut to 25: clients come by their pages with `last` anyway.
    func page() throws(APIError) -> Page {
        var page = Page(limit: try limit(atMost: Self.mostItems, unless: Self.mostItems))
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
        guard let time = Timestamp(text) else {
            throw .invalid(name, "must be a moment such as 2019-07-02T14:07:06Z")
        }
        return time
    }
}
