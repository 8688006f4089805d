#include "CParallelHDF5.h"
