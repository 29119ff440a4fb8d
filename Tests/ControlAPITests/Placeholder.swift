import Testing
import HummingbirdTesting

