#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the operating system says of a failure.
package enum SystemError {
    /// The words for an `errno`, such as "Address already in use".
    package static func words(for code: Int32) -> String { String(cString: strerror(code)) }
}
