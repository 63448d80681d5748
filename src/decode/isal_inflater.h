// The Inflater on ISA-L (igzip), for MakeInflater() alone; it is compiled where ISA-L was found.
#ifndef COLLECTOR_DECODE_ISAL_INFLATER_H_
#define COLLECTOR_DECODE_ISAL_INFLATER_H_

#include <memory>

#include "decode/inflater.h"

namespace collector {

std::unique_ptr<Inflater> MakeIsalInflater();

}  // namespace collector

#endif  // COLLECTOR_DECODE_ISAL_INFLATER_H_
