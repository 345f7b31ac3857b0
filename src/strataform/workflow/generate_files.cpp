#include "strataform/workflow/generate_files.h"

#include "strataform/core/atomic_file.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

void generate_files(const GenerateFilesOptions& options, const Context& context) {
  const data::GenerateOptions& dataset = options.dataset;
  const bool draws = !options.contact_sheet.empty();
  if (draws) check_contact_sheet(options.contact_sheet, dataset.overwrite);
  data::generate_dataset(dataset, context);
  if (draws) draw_contact_sheet(options.contact_sheet, dataset.families, dataset.seed, dataset.overwrite);
}

}  // namespace strataform::workflow
