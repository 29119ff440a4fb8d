import CMaxMindDB
import ClickModel
import Foundation

/// Where addresses are, by an MMDB file of any of the usual layouts.
final class GeoDatabase: Sendable {
    /// A place, as far as the database knows it.
    struct Place: Hashable {
        /// ISO 3166-1 alpha-2 in lower case.
        var country: String?
        var region: String?
        var city: String?
        /// Degrees, rounded to a tenth.
        var latitude: Double?
        var longitude: Double?
        var timezone: String?
    }

    // Opened once and only read afterwards: libmaxminddb's look-ups share nothing that changes.
    nonisolated(unsafe) private let database: UnsafeMutablePointer<MMDB_s>
    private let paths: Paths
    private let branches: V4Branches
    /// The version of the file that this was made of.
    let version: FileVersion
    /// Whether the database tells more than countries.
    private let hasCities: Bool

    /// Opens a database and looks at every record.
    ///
    /// What is read is a copy in memory, as large as the file: whatever happens to the file later, look-ups
    /// neither see half of it nor fall into a hole.
    ///
    /// - Throws: Why it can't be used: unreadable, damaged, or without any country.
    init(path: String) throws(UnusableTable) {
        let copy = try MemoryFile(copyOf: path)
        version = copy.version
        database = .allocate(capacity: 1)
        // The path is that of the copy's descriptor, which has to stay open until the library has its own.
        let status = withExtendedLifetime(copy) { [database] in
            MMDB_open(copy.path, UInt32(MMDB_MODE_MMAP), database)
        }
        guard status == MMDB_SUCCESS else {
            database.deallocate()
            let isForeign = status == MMDB_INVALID_METADATA_ERROR
            let words = isForeign ? "it is no MMDB file, or cut off" : Self.words(status)
            throw UnusableTable(description: words)
        }
        let type = database.pointee.metadata.database_type.map { String(cString: $0) } ?? ""
        hasCities = !type.lowercased().contains("country")
        paths = Paths()
        do {
            branches = try V4Branches(of: database)
        } catch {
            MMDB_close(database)
            database.deallocate()
            throw UnusableTable(description: "it is damaged: \(Self.words(error.status))")
        }
        try verify()
    }

    private static func words(_ status: Int32) -> String { String(cString: MMDB_strerror(status)) }

    /// Walks the whole tree and reads the country of every record.
    private func verify() throws(UnusableTable) {
        var seen = Set<UInt32>()
        var hasCountries = false
        var node = MMDB_search_node_s()
        for number in 0..<database.pointee.metadata.node_count {
            try check(MMDB_read_node(database, number, &node))
            let sides = [
                (node.left_record_type, node.left_record_entry),
                (node.right_record_type, node.right_record_entry),
            ]
            for (type, entry) in sides {
                if type == UInt8(MMDB_RECORD_TYPE_INVALID) {
                    try check(MMDB_CORRUPT_SEARCH_TREE_ERROR)
                }
                guard type == UInt8(MMDB_RECORD_TYPE_DATA), seen.insert(entry.offset).inserted
                else { continue }
                var start = entry
                try check(status(of: &start, paths.country))
                hasCountries = hasCountries || country(&start) != nil
            }
        }
        guard hasCountries else {
            throw UnusableTable(
                description: "no record names a country (is it a database of something else?)"
            )
        }
    }

    private func check(_ status: Int32) throws(UnusableTable) {
        switch status {
        // A path that a record doesn't have says nothing against the record.
        case MMDB_SUCCESS, MMDB_INVALID_LOOKUP_PATH_ERROR,
            MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR:
            return
        default: throw UnusableTable(description: "it is damaged: \(Self.words(status))")
        }
    }

    private func status(of entry: inout MMDB_entry_s, _ path: Paths.Path) -> Int32 {
        var data = MMDB_entry_data_s()
        return path.withPointer { MMDB_aget_value(&entry, &data, $0) }
    }

    deinit {
        MMDB_close(database)
        database.deallocate()
    }

    /// Codes of letters that data carries for what is no country; others have a digit (`a1`).
    private static let special: Set<String> = ["ap", "eu", "xx", "zz"]

    /// A record of the database; many addresses share one.
    struct Record {
        fileprivate var entry: MMDB_entry_s

        /// What tells records apart.
        var offset: UInt32 { entry.offset }
    }

    /// What is known of an address; nothing for private, special and unknown ones.
    func place(of address: IPAddress) -> Place { record(of: address).map(place) ?? Place() }

    /// The country that an address is in.
    func country(of address: IPAddress) -> String? {
        guard var entry = record(of: address)?.entry else { return nil }
        return country(&entry)
    }

    /// What a record says.
    func place(in record: Record) -> Place {
        var place = Place()
        var entry = record.entry
        place.country = country(&entry)
        guard hasCities else { return place }
        place.region = text(&entry, paths.region) ?? text(&entry, paths.regionPlain)
        place.city = text(&entry, paths.city) ?? text(&entry, paths.cityPlain)
        place.latitude =
            number(&entry, paths.latitude) ?? number(&entry, paths.latitudePlain)
            ?? number(&entry, paths.lat)
        place.longitude =
            number(&entry, paths.longitude) ?? number(&entry, paths.longitudePlain)
            ?? number(&entry, paths.lng)
        place.timezone = text(&entry, paths.timezone) ?? text(&entry, paths.timezonePlain)
        return place
    }

    private func country(_ entry: inout MMDB_entry_s) -> String? {
        let code =
            text(&entry, paths.country) ?? text(&entry, paths.registeredCountry)
            ?? text(&entry, paths.countryCode) ?? text(&entry, paths.countryPlain)
        guard let lowered = code?.lowercased(), lowered.utf8.count == 2,
            lowered.utf8.allSatisfy({ 0x61...0x7A ~= $0 }),
            !Self.special.contains(lowered)
        else { return nil }
        return lowered
    }

    /// The record of an address; nil where there is none, or none that can be read.
    func record(of address: IPAddress) -> Record? {
        if let v4 = address.v4 {
            return branches.record(of: v4, in: database).map { Record(entry: $0) }
        }
        guard database.pointee.metadata.ip_version == 6 else { return nil }
        var error: Int32 = 0
        var socket = sockaddr_in6()
        socket.sin6_family = sa_family_t(AF_INET6)
        withUnsafeMutableBytes(of: &socket.sin6_addr) {
            $0.storeBytes(of: address.high.bigEndian, as: UInt64.self)
            $0.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        let result = withUnsafePointer(to: &socket) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                MMDB_lookup_sockaddr(database, $0, &error)
            }
        }
        guard error == MMDB_SUCCESS, result.found_entry else { return nil }
        return Record(entry: result.entry)
    }

    private func value(_ entry: inout MMDB_entry_s, _ path: Paths.Path) -> MMDB_entry_data_s? {
        var data = MMDB_entry_data_s()
        let status = path.withPointer { MMDB_aget_value(&entry, &data, $0) }
        return status == MMDB_SUCCESS && data.has_data ? data : nil
    }

    private func text(_ entry: inout MMDB_entry_s, _ path: Paths.Path) -> String? {
        guard let data = value(&entry, path), data.type == UInt32(MMDB_DATA_TYPE_UTF8_STRING),
            let start = data.utf8_string, data.data_size > 0, data.data_size < 512
        else { return nil }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(data.data_size))
        return String(decoding: bytes, as: UTF8.self)
    }

    private func number(_ entry: inout MMDB_entry_s, _ path: Paths.Path) -> Double? {
        guard let data = value(&entry, path) else { return nil }
        let value: Double
        switch data.type {
        case UInt32(MMDB_DATA_TYPE_DOUBLE): value = data.double_value
        case UInt32(MMDB_DATA_TYPE_FLOAT): value = Double(data.float_value)
        case UInt32(MMDB_DATA_TYPE_UTF8_STRING):
            value = text(&entry, path).flatMap(Double.init) ?? .nan
        default: return nil
        }
        // Adding zero makes -0 plain 0.
        return value.isFinite && abs(value) <= 180 ? (value * 10).rounded() / 10 + 0 : nil
    }
}

/// Paths into a record, as the C library wants them; made once.
private final class Paths: Sendable {
    let country = Path("country", "iso_code")
    let registeredCountry = Path("registered_country", "iso_code")
    let countryCode = Path("country_code")
    let countryPlain = Path("country")
    let region = Path("subdivisions", "0", "names", "en")
    let regionPlain = Path("region")
    let city = Path("city", "names", "en")
    let cityPlain = Path("city")
    let latitude = Path("location", "latitude")
    let latitudePlain = Path("latitude")
    let lat = Path("lat")
    let lng = Path("lng")
    let longitude = Path("location", "longitude")
    let longitudePlain = Path("longitude")
    let timezone = Path("location", "time_zone")
    let timezonePlain = Path("timezone")

    /// A NULL-terminated list of C strings.
    final class Path: Sendable {
        // Written here only, freed at the end.
        nonisolated(unsafe) private let list: UnsafeMutablePointer<UnsafePointer<CChar>?>
        private let count: Int

        init(_ keys: String...) {
            count = keys.count
            list = .allocate(capacity: count + 1)
            for (index, key) in keys.enumerated() {
                (list + index).initialize(to: strdup(key).map { UnsafePointer($0) })
            }
            (list + count).initialize(to: nil)
        }

        deinit {
            for index in 0..<count { free(UnsafeMutablePointer(mutating: list[index])) }
            list.deallocate()
        }

        func withPointer<Result>(
            _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
        ) -> Result {
            body(UnsafePointer(list))
        }
    }
}
