# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# Installs the headers and the package files that find_package(weir CONFIG) reads.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(weir_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/weir")

install(TARGETS weir EXPORT weirTargets FILE_SET HEADERS)
install(EXPORT weirTargets NAMESPACE weir:: DESTINATION "${weir_package_dir}")

configure_package_config_file(
    "${CMAKE_CURRENT_LIST_DIR}/weirConfig.cmake.in" "${PROJECT_BINARY_DIR}/weirConfig.cmake"
    INSTALL_DESTINATION "${weir_package_dir}"
    NO_SET_AND_CHECK_MACRO
)
# Headers only: the package of a 64-bit machine serves a 32-bit one as well.
write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion
    ARCH_INDEPENDENT
)
install(
    FILES "${PROJECT_BINARY_DIR}/weirConfig.cmake" "${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
    DESTINATION "${weir_package_dir}"
)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
