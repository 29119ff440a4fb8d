import ClickModel

extension S3Settings {
    enum Field {
        static let endpoint = "endpoint"
        static let region = "region"
        static let bucket = "bucket"
        static let prefix = "prefix"
        static let accessKey = "accessKey"
        static let secretKey = "secretKey"
        static let pathStyle = "pathStyle"
        static let gzip = "gzip"
        static let timeout = "timeout"
    }

    static let fields = [
        SettingField(
            name: Field.bucket,
            isRequired: true,
            isSecret: false,
            summary: "The bucket's name."
        ),
        SettingField(
            name: Field.region,
            isRequired: true,
            isSecret: false,
            summary: "The bucket's region, such as eu-central-1; what other stores call so."
        ),
        SettingField(
            name: Field.accessKey,
            isRequired: true,
            isSecret: false,
            summary: "The access key's id."
        ),
        SettingField(
            name: Field.secretKey,
            isRequired: true,
            isSecret: true,
            summary: "The secret access key."
        ),
        SettingField(
            name: Field.endpoint,
            isRequired: false,
            isSecret: false,
            summary: "The store's URL; https://s3.<region>.amazonaws.com unless set."
        ),
        SettingField(
            name: Field.prefix,
            isRequired: false,
            isSecret: false,
            summary: "What every object's key begins with, such as clicks/."
        ),
        SettingField(
            name: Field.pathStyle,
            isRequired: false,
            isSecret: false,
            summary: "true: the bucket stands in the path; true with an endpoint, else false."
        ),
        SettingField(
            name: Field.gzip,
            isRequired: false,
            isSecret: false,
            summary: "true: objects are compressed; true unless set."
        ),
        SettingField(
            name: Field.timeout,
            isRequired: false,
            isSecret: false,
            summary: "Seconds for a whole attempt, 1 to 300; 30 unless set."
        ),
    ]
}
