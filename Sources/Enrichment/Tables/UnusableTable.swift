/// Why data that clicks are enriched by can't be used: which file, what is amiss, and where it helps what to do.
package struct UnusableTable: Error, CustomStringConvertible {
    package let description: String
}
