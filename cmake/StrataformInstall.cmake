# `cmake --install` and the package that find_package(strataform) reads.
include(CMakePackageConfigHelpers)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/strataform")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/strataform" "${PROJECT_BINARY_DIR}/generated/strataform"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(EXPORT strataformTargets NAMESPACE strataform:: DESTINATION "${config_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/strataformConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/strataformConfig.cmake" INSTALL_DESTINATION "${config_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/strataformConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/strataformConfig.cmake" "${PROJECT_BINARY_DIR}/strataformConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/StrataformSegyio.cmake" "${PROJECT_SOURCE_DIR}/cmake/StrataformTorch.cmake"
        DESTINATION "${config_dir}")
