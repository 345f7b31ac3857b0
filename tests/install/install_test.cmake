set(work "${BUILD_DIR}/install_test")
file(REMOVE_RECURSE "${work}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${work}/prefix")
run("${CMAKE_COMMAND}" -S "${EXAMPLE_DIR}" -B "${work}/build" -G "${GENERATOR}" -D CMAKE_BUILD_TYPE=Release
    "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" "-Dstrataform_ROOT=${work}/prefix")
run("${CMAKE_COMMAND}" --build "${work}/build")
run("${work}/prefix/bin/strataform" --version)
# The example inverts its gathers where a model is shipped, and only simulates them elsewhere.
file(GLOB models "${MODELS}/*.safetensors")
set(model)
if(models)
  list(GET models 0 model)
endif()
run("${work}/build/embed" ${model})
