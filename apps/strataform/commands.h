#pragma once

#include <CLI/CLI.hpp>

#include "strataform/core/context.h"

namespace strataform::app {

/// Each adds one subcommand to the program: its options, and a callback that checks them and calls the libraries.
/// A callback reports failure by throwing; main() turns that into one line and an exit status. context: what the
/// options of the program have made of it when the callback is called; it outlives the command.
void add_forward_command(CLI::App& app, const Context& context);
void add_born_command(CLI::App& app, const Context& context);
void add_generate_command(CLI::App& app, const Context& context);
void add_cache_command(CLI::App& app, const Context& context);
void add_import_command(CLI::App& app, const Context& context);
void add_pretrain_command(CLI::App& app, const Context& context);
void add_finetune_command(CLI::App& app, const Context& context);
void add_adapt_command(CLI::App& app, const Context& context);
void add_invert_command(CLI::App& app, const Context& context);
void add_refine_command(CLI::App& app, const Context& context);
void add_evaluate_command(CLI::App& app, const Context& context);
void add_info_command(CLI::App& app, const Context& context);
void add_adapter_command(CLI::App& app, const Context& context);
void add_plot_command(CLI::App& app, const Context& context);
void add_study_command(CLI::App& app, const Context& context);
void add_demo_command(CLI::App& app, const Context& context);

}  // namespace strataform::app
