import Testing
import GRDB

