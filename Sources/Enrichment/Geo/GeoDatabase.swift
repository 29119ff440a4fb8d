import CMaxMindDB
import ClickModel
import Foundation

/// Where addresses are, by an MMDB file of any of the usual layouts.
final class GeoDatabase: Sendable {
    /// Why a database can't be used.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

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
    /// Whether the database tells more than countries.
    private let hasCities: Bool

    init(path: String) throws(Unusable) {
        database = .allocate(capacity: 1)
        let status = MMDB_open(path, UInt32(MMDB_MODE_MMAP), database)
        guard status == MMDB_SUCCESS else {
            database.deallocate()
            throw Unusable(description: String(cString: MMDB_strerror(status)))
        }
        let type = database.pointee.metadata.database_type.map { String(cString: $0) } ?? ""
        hasCities = !type.lowercased().contains("country")
        paths = Paths()
    }

    deinit {
        MMDB_close(database)
        database.deallocate()
    }

    /// Codes that data carries for what is no country.
    private static let special: Set<String> = ["a1", "a2", "ap", "eu", "o1", "t1", "xx", "zz"]

    /// A record of the database; many addresses share one.
    struct Record {
        fileprivate var entry: MMDB_entry_s

        /// What tells records apart.
        var offset: UInt32 { entry.offset }
    }

    /// What is known of an address; nothing for private, special and unknown ones.
    func place(of address: IPAddress) -> Place { record(of: address).map(place) ?? Place() }

    /// What a record says.
    func place(in record: Record) -> Place {
        var place = Place()
        var entry = record.entry
        place.country = country(&entry)
        guard hasCities else { return place }
        place.region = text(&entry, paths.region) ?? text(&entry, paths.regionPlain)
        place.city = text(&entry, paths.city) ?? text(&entry, paths.cityPlain)
        place.latitude = number(&entry, paths.latitude) ?? number(&entry, paths.latitudePlain)
        place.longitude = number(&entry, paths.longitude) ?? number(&entry, paths.longitudePlain)
        place.timezone = text(&entry, paths.timezone) ?? text(&entry, paths.timezonePlain)
        return place
    }

    private func country(_ entry: inout MMDB_entry_s) -> String? {
        let code =
            text(&entry, paths.country) ?? text(&entry, paths.registeredCountry)
            ?? text(&entry, paths.countryCode) ?? text(&entry, paths.countryPlain)
        guard let lowered = code?.lowercased(), lowered.utf8.count == 2,
            lowered.utf8.allSatisfy({ 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 }),
            !Self.special.contains(lowered)
        else { return nil }
        return lowered
    }

    /// The record of an address; nil where there is none, or none that can be read.
    func record(of address: IPAddress) -> Record? {
        var error: Int32 = 0
        let result: MMDB_lookup_result_s
        if let v4 = address.v4 {
            var socket = sockaddr_in()
            socket.sin_family = sa_family_t(AF_INET)
            socket.sin_addr.s_addr = v4.bigEndian
            result = withUnsafePointer(to: &socket) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    MMDB_lookup_sockaddr(database, $0, &error)
                }
            }
        } else {
            guard database.pointee.metadata.ip_version == 6 else { return nil }
            var socket = sockaddr_in6()
            socket.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &socket.sin6_addr) {
                $0.storeBytes(of: address.high.bigEndian, as: UInt64.self)
                $0.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            result = withUnsafePointer(to: &socket) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    MMDB_lookup_sockaddr(database, $0, &error)
                }
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
