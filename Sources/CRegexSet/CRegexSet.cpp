#include "CRegexSet.h"
