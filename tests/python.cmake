# The suites of pytest; cmake/collector.cmake says how they run.
collector_pytest(style_test PATH tests/style LABEL style)
collector_pytest(scripts_test PATH tests/scripts LABEL scripts)
collector_pytest(sandbox_test PATH tests/sandbox LABEL sandbox)
collector_pytest(config_schema_test PATH tests/config LABEL oracle
                 NEEDS aws-collector collector_config_tool
                 ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>
                             CONFIG_KEYS_TOOL=$<TARGET_FILE:collector_config_tool>)
collector_pytest(oracle_test PATH tests/oracle LABEL oracle
                 NEEDS aws-collector aws_oracle_tool devo_send_tool
                 ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>
                             AWS_ORACLE_TOOL=$<TARGET_FILE:aws_oracle_tool>
                             DEVO_SEND_TOOL=$<TARGET_FILE:devo_send_tool>)
collector_pytest(e2e_delivery_test PATH tests/e2e/test_delivery.py LABEL e2e TIMEOUT 1200
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_volume_test PATH tests/e2e/test_volume.py LABEL e2e TIMEOUT 900
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_bad_input_test PATH tests/e2e/test_bad_input.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_s3_test PATH tests/e2e/test_s3_delivery.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_s3_logs_test PATH tests/e2e/test_s3_logs.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_service_events_test PATH tests/e2e/test_service_events.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_log_groups_test PATH tests/e2e/test_log_groups.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_setup_test PATH tests/e2e/test_setup.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_setup_cases_test PATH tests/e2e/test_setup_cases.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_setup_export_test PATH tests/e2e/test_setup_export.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
collector_pytest(e2e_second_emulator_test PATH tests/e2e/test_second_emulator.py LABEL e2e
                 NEEDS aws-collector ENVIRONMENT AWS_COLLECTOR=$<TARGET_FILE:aws-collector>)
