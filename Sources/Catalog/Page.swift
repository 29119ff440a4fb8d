package import ClickModel
import GRDB

/// Which part of a list is asked for.
///
/// A page starts after the row that `last` names, so rows that are added or removed meanwhile
/// neither repeat nor hide others.
package struct Page: Sendable {
    /// What a list is sorted by; equal values keep the order of creation.
    package enum Order: String, CaseIterable, Sendable {
        case createdAt, updatedAt, title, slashtag, fullName, name, lastClickAt
    }

    package var limit: Int
    /// The id of the row before the page.
    package var last: String?
    package var order: Order
    package var isAscending: Bool
    /// Where the page begins, as moment of creation and number: for who must go on even when the row before is gone.
    package var after: (createdAt: Timestamp, number: Int64)?

    package init(
        limit: Int = 25,
        last: String? = nil,
        order: Order = .createdAt,
        isAscending: Bool = false
    ) {
        (self.limit, self.last, self.order, self.isAscending) = (limit, last, order, isAscending)
    }
}

/// The conditions of a query, and the values they compare with.
struct Conditions {
    private(set) var sql: [String] = []
    private(set) var values: [any DatabaseValueConvertible] = []

    mutating func add(_ condition: String, _ values: (any DatabaseValueConvertible)...) {
        sql.append(condition)
        self.values += values
    }

    /// One of several values; none of them lets nothing through.
    mutating func add(_ column: String, among values: [String]) {
        let places = values.map { _ in "?" }.joined(separator: ",")
        sql.append("\(column) IN (\(places))")
        self.values += values as [any DatabaseValueConvertible]
    }

    /// A condition with others' values in it.
    mutating func add(_ condition: String, with others: Conditions) {
        sql.append(condition)
        values += others.values
    }

    /// `WHERE ...`, or nothing.
    var clause: String { sql.isEmpty ? "" : "WHERE " + sql.joined(separator: " AND ") }

    var arguments: StatementArguments { StatementArguments(values) }
}

extension Page {
    /// Adds the page's start to the conditions.
    ///
    /// - Parameters:
    ///   - db: Where `last` is looked up.
    ///   - table: The table's name; the query must know it by that name.
    ///   - source: What the list is read from; the table itself unless given.
    ///   - columns: The SQL of what the table can be sorted by.
    ///   - conditions: The rows that the list is about.
    /// - Returns: What stands between the list's `FROM` and its end.
    /// - Throws: `invalid` for `orderBy` and `last` that the list doesn't know.
    func apply(
        _ db: Database,
        table: String,
        source: String? = nil,
        columns: [Order: String],
        to conditions: inout Conditions
    ) throws -> String {
        guard let column = columns[order] else {
            throw CatalogError.invalid("orderBy", "this list can't be sorted so")
        }
        if let after {
            conditions.add(
                "(\(table).createdAt, \(table).number) > (?, ?)",
                after.createdAt.microseconds,
                after.number
            )
        }
        if let last {
            var earlier = conditions
            earlier.add("\(table).id = ?", last)
            let row = try Row.fetchOne(
                db,
                sql: "SELECT \(column), \(table).number FROM \(source ?? table) "
                    + earlier.clause,
                arguments: earlier.arguments
            )
            guard let row, let value: DatabaseValue = row[0], let number: Int64 = row[1] else {
                throw CatalogError.invalid("last", "no item of this list has that id")
            }
            conditions.add(
                "(\(column), \(table).number) \(isAscending ? ">" : "<") (?, ?)",
                value,
                number
            )
        }
        let direction = isAscending ? "ASC" : "DESC"
        return "\(conditions.clause) ORDER BY \(column) \(direction), \(table).number \(direction) "
            + "LIMIT \(max(0, limit))"
    }
}
