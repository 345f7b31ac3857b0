#pragma once

#include <CLI/CLI.hpp>

namespace strataform::app {

/// Each adds one subcommand to the program: its options, and a callback that checks them and calls the libraries.
/// A callback reports failure by throwing; main() turns that into one line and an exit status.
void add_forward_command(CLI::App& app);
void add_born_command(CLI::App& app);
void add_generate_command(CLI::App& app);
void add_cache_command(CLI::App& app);
void add_import_command(CLI::App& app);
void add_pretrain_command(CLI::App& app);
void add_finetune_command(CLI::App& app);
void add_invert_command(CLI::App& app);
void add_refine_command(CLI::App& app);
void add_evaluate_command(CLI::App& app);
void add_info_command(CLI::App& app);
void add_adapter_command(CLI::App& app);
void add_study_command(CLI::App& app);
void add_demo_command(CLI::App& app);

}  // namespace strataform::app
